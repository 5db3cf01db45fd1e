"""The other side of the throughput figures: Optuna ask/tell on a database. `python -m tests.bench.optuna_trials URL TRIALS`.

Random sampling over six categorical parameters, as cheap as it has; prints one JSON line: trials per second, per thousand.
"""

import json
import sys
import time

import optuna

OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
BLOCK = 500


def main() -> None:
    url, num_trials = sys.argv[1], int(sys.argv[2])
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        storage=url, directions=["maximize", "minimize"], sampler=optuna.samplers.RandomSampler(seed=0)
    )
    rates, began = [], time.perf_counter()
    block_began = began
    for number in range(1, num_trials + 1):
        trial = study.ask()
        chosen = [trial.suggest_categorical(f"edge{edge}", OPERATIONS) for edge in range(6)]
        study.tell(trial, [number / num_trials, float(sum(OPERATIONS.index(operation) for operation in chosen))])
        if number % BLOCK == 0:
            now = time.perf_counter()
            rates.append(round(BLOCK / (now - block_began), 1))
            block_began = now
    print(json.dumps({"rate": num_trials / (time.perf_counter() - began), "blocks": rates}))


if __name__ == "__main__":
    main()
