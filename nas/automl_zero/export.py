"""A program as one readable Python file that needs nothing but NumPy.

Sums run in the order of the index and functions are those of the C library, as in the virtual machine: the file's predictions
and fitness are the same ones. Dead instructions are left out. What is kept between steps is an attribute, all else a variable.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from nas.automl_zero import reference_vm
from nas.automl_zero.analysis.dead_code import (
    FEATURES,
    LABEL,
    PREDICTION,
    Address,
    live_program,
    liveness,
    reads,
    set_from_outside,
    written,
)
from nas.automl_zero.export_code import ANSWERS, EXPRESSIONS, FITNESS, HELPERS, LOSSES, RANDOM, STEPS
from nas.automl_zero.ops import OPS, Kind
from nas.automl_zero.program import COMPONENTS, Component, Instruction, Program
from nas.automl_zero.task_data import NUM_CLASSES, Labels
from nas.automl_zero.text import instruction_text


def numpy_source(program: Program, labels: Labels, num_features: int, head: Sequence[str]) -> str:
    """The file. `head`: lines for its docstring, which must fit there (`nas.export.header`)."""
    return _Writer(program, labels, num_features).text(head)


class _Writer:
    def __init__(self, program: Program, labels: Labels, num_features: int) -> None:
        self._labels = labels
        self._is_vector = labels is Labels.CLASSES
        self._num_features = num_features
        self._program = live_program(program, vector_labels=self._is_vector)
        outside = set_from_outside(self._is_vector)
        before = liveness(self._program, vector_labels=self._is_vector).before
        self._prediction = PREDICTION[self._is_vector]
        kept = set(before["setup"]) | {self._prediction}
        for name in ("predict", "learn"):
            kept |= before[name] - outside
        self._kept = sorted(kept, key=_name)
        self._needed: set[str] = set()

    def text(self, head: Sequence[str]) -> str:
        methods = [self._method(name) for name in COMPONENTS]
        draws = any(OPS[line.op].is_random for _, _, line in self._program.lines())
        if self._labels is Labels.BINARY:
            self._needed.add("real")
        if self._labels is Labels.CLASSES:
            self._needed |= {"real", "total"}
        algorithm = "\n\n".join([self._beginning(draws), *methods, ANSWERS[self._labels], self._steps()])
        constants = [f"NUM_FEATURES = {self._num_features}  # that it was found with; others are possible"]
        if self._labels is not Labels.CLASSES:
            constants.append(
                f"MAX_ABS_ERROR = {reference_vm.MAX_ABS_ERROR!r}  # of an answer; a larger one ends the training"
            )
        else:
            constants.append(f"NUM_CLASSES = {NUM_CLASSES}")
        is_number = self._labels is Labels.NUMBER
        fitness = FITNESS.format(
            scale="1 - 2/π atan(root of the mean squared error)" if is_number else "its accuracy",
            loss=LOSSES[self._labels],
            score="1.0 - (2.0 / math.pi) * math.atan(math.sqrt(mean_loss))" if is_number else "1.0 - mean_loss",
        )
        parts = [
            '"""'
            + "\n".join(head)
            + '\n"""\n\nfrom __future__ import annotations\n\nimport math\n\nimport numpy as np\n\n'
            + "\n".join(constants),
            *self._helpers(),
            *(_random_numbers() if draws else ()),
            algorithm,
            fitness,
        ]
        return "\n\n\n".join(parts) + "\n"

    def _beginning(self, draws: bool) -> str:
        lines = [
            "class Algorithm:",
            '    """Predict and Learn alternate over training examples; then Predict alone. All memory begins as 0."""',
            "",
            "    def __init__(self, num_features=NUM_FEATURES, seed=0):",
            "        self.num_features = num_features",
            *(["        self.rng = Random(seed)"] if draws else []),
        ]
        filled = {written(line) for _, _, line in self._program.lines()}
        for address in self._kept:
            remark = "" if address in filled else "  # nothing writes it"
            remark = "  # the answer" if address == self._prediction else remark
            lines.append(f"        self.{_name(address)} = {self._zero(address[0], 'num_features')}{remark}")
        return "\n".join([*lines, "        self.setup()"])

    def _method(self, name: Component) -> str:
        features, label = _name(FEATURES), _name(LABEL[self._is_vector])
        instructions = self._program.component(name)
        heads = {
            "setup": "setup(self)",
            "predict": f"predict(self, {features})",
            "learn": f"learn(self, {features}, {label})",
        }
        lines = ['    @np.errstate(all="ignore")', f"    def {heads[name]}:"]
        used = {address for line in instructions for address in (*reads(line), written(line))}
        given = {"setup": (), "predict": (FEATURES,), "learn": (FEATURES, LABEL[self._is_vector])}[name]
        for address in (FEATURES, LABEL[self._is_vector]):
            if address not in used or address in self._kept:
                continue
            if address not in given:
                lines.append(f"        {_name(address)} = {self._zero(address[0], 'self.num_features')}")
            elif any(OPS[line.op].keeps_rest and written(line) == address for line in instructions):
                lines.append(f"        {_name(address)} = {_name(address)}.copy()")
        lines += [f"        {self._statement(line)}" for line in instructions]
        if name == "predict":
            lines.append(f"        return self.{_name(self._prediction)}")
        elif not instructions:
            lines.append("        pass")
        return "\n".join(lines)

    def _statement(self, instruction: Instruction) -> str:
        op = OPS[instruction.op]
        values = dict(zip("ab", map(self._value, reads(instruction)), strict=False))
        constants = {f"c{place}": _number(value) for place, value in enumerate(instruction.constants)}
        out = written(instruction)
        assert out is not None  # what writes nothing is never live
        if op.keeps_rest:
            self._needed.add("place")
            shares = [f"place({constants[f'c{place}']}, self.num_features)" for place in range(len(op.constants) - 1)]
            code = f"{self._value(out)}[{', '.join(shares)}] = {constants[f'c{len(op.constants) - 1}']}"
        else:
            expression = EXPRESSIONS[op.number].format(**values, **constants)
            self._needed |= {name for name in HELPERS if f"{name}(" in expression}
            code = f"{self._value(out)} = {expression}"
        plain = instruction_text(instruction)
        return code if code.replace("self.", "") == plain else f"{code}  # {plain}"

    def _value(self, address: Address) -> str:
        return f"self.{_name(address)}" if address in self._kept else _name(address)

    def _zero(self, kind: Kind, length: str) -> str:
        return {Kind.SCALAR: "0.0", Kind.VECTOR: f"np.zeros({length})", Kind.MATRIX: f"np.zeros(({length}, {length}))"}[
            kind
        ]

    def _steps(self) -> str:
        prediction = _name(self._prediction)
        label = "np.eye(self.num_features)[int(label)]" if self._is_vector else "label"
        return f'''    @np.errstate(all="ignore")
    def answer(self, features):
        return self.normalised(self.predict(features))

    @np.errstate(all="ignore")
    def train_step(self, features, label):
        """Predict, then Learn. False where the answer was too wrong, or no number: the training ends there."""
        answer = self.{prediction} = self.answer(features)
        {STEPS[self._labels]}
        if goes_on:
            self.learn(features, {label})
        return goes_on'''

    def _helpers(self) -> list[str]:
        needed = set(self._needed)
        while more := {other for name in needed for other in HELPERS[name][0]} - needed:
            needed |= more
        return [code for name, (_, code) in HELPERS.items() if name in needed]


def _random_numbers() -> list[str]:
    """The generator of the virtual machine, so that programs that draw can be repeated."""
    own = "_WORD = (1 << 64) - 1"
    return [
        own,
        inspect.getsource(reference_vm.rotated).strip(),
        inspect.getsource(reference_vm.Xoshiro).strip(),
        RANDOM,
    ]


def _name(address: Address) -> str:
    return f"{address[0]}{address[1]}"


def _number(value: float) -> str:
    return repr(value)
