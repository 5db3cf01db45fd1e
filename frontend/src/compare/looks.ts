/** The sign of a run: the same colour and shape as apps/compare/templatetags/compare.py draws beside its name. */
import { asText } from "../charts/asText";
import type { Arm, Comparison } from "../live/events.generated";

const COLOURS = 8;
const SHAPES = ["circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "star", "hexagon"];

export interface Look {
  color: string;
  symbol: string;
  dash: string;
  width: number;
}

/** A baseline has its run's colour, thinner, dashed, hollow. */
export function lookOf(place: number, isBaseline: boolean): Look {
  const shape = SHAPES[place % SHAPES.length] ?? "circle";
  return {
    color: `var(--data-${(place % COLOURS) + 1})`,
    symbol: isBaseline ? `${shape}-open` : shape,
    dash: isBaseline ? "dash" : "solid",
    width: isBaseline ? 1.25 : 2,
  };
}

export interface NamedArm {
  arm: Arm;
  name: string;
  /** The name as charts write it. */
  drawn: string;
  look: Look;
}

/** The arms with name and look; `baseline`: "%(run)s: random baseline". */
export function namedArms(comparison: Comparison, baseline: string | undefined): NamedArm[] {
  const runs = new Map(comparison.runs.map((run) => [run.id, run]));
  return comparison.arms.flatMap((arm) => {
    const run = runs.get(arm.run);
    if (run === undefined) return [];
    const name = arm.is_baseline ? (baseline ?? "").replace("%(run)s", () => run.name) : run.name;
    return [{ arm, name, drawn: asText(name), look: lookOf(run.place, arm.is_baseline) }];
  });
}
