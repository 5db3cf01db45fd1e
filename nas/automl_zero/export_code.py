"""Pieces of code that an exported program is put together from."""

from __future__ import annotations

from nas.automl_zero.task_data import Labels

_FUNCTIONS = ("sin", "cos", "tan", "asin", "acos", "atan", "exp")
_SHAPES = ("", ", self.num_features", ", self.num_features, self.num_features")

EXPRESSIONS: dict[int, str] = {
    **dict.fromkeys((1, 23, 39), "{a} + {b}"),
    **dict.fromkeys((2, 24, 40), "{a} - {b}"),
    **dict.fromkeys((3, 18, 25, 29, 41), "{a} * {b}"),
    **dict.fromkeys((4, 26, 42), "np.divide({a}, {b})"),
    **dict.fromkeys((5, 22, 38), "abs({a})"),
    **dict.fromkeys((6, 20, 30), "np.divide(1.0, {a})"),
    **{number: f"real(math.{name}, {{a}})" for number, name in enumerate(_FUNCTIONS, start=7)},
    14: "log({a})",
    15: "1.0 if {a} >= 0 else 0.0",
    16: "np.where({a} > 0, 1.0, 0.0)",
    17: "np.where({a} > 0, 1.0, 0.0)",
    19: "np.full(self.num_features, {a})",
    21: "norm({a})",
    27: "total({a} * {b})",
    28: "{a}[:, None] * {b}[None, :]",
    31: "total(({a} * {b}).T)",
    32: "np.repeat({a}[:, None], self.num_features, axis=1)",
    33: "np.repeat({a}[None, :], self.num_features, axis=0)",
    34: "norm({a}.ravel())",
    35: "norm({a})",
    36: "norm({a}.T)",
    37: "{a}.T.copy()",
    43: "total({a}.T[:, :, None] * {b}[:, None, :])",
    44: "{b} if {b} < {a} else {a}",
    **dict.fromkeys((45, 46), "np.where({b} < {a}, {b}, {a})"),
    47: "{b} if {a} < {b} else {a}",
    **dict.fromkeys((48, 49), "np.where({a} < {b}, {b}, {a})"),
    50: "mean({a})",
    51: "mean({a}.ravel())",
    52: "mean({a}.T)",
    53: "deviation({a}.T)",
    54: "deviation({a})",
    55: "deviation({a}.ravel())",
    56: "{c0}",
    **{59 + places: f"self.rng.uniform({{c0}}, {{c1}}{shape})" for places, shape in enumerate(_SHAPES)},
    **{62 + places: f"self.rng.gaussian({{c0}}, {{c1}}{shape})" for places, shape in enumerate(_SHAPES)},
}
"""What is written, of the values a and b that are read."""

HELPERS: dict[str, tuple[tuple[str, ...], str]] = {
    "total": (
        (),
        '''def total(values):
    """The sum over the first axis, in the order of the index."""
    result = np.zeros(values.shape[1:])
    for value in values:
        result = result + value
    return result''',
    ),
    "norm": (
        ("total",),
        """def norm(values):
    return np.sqrt(total(values * values))""",
    ),
    "mean": (
        ("total",),
        """def mean(values):
    return total(values) / len(values)""",
    ),
    "deviation": (
        ("mean", "total"),
        """def deviation(values):
    return np.sqrt(total(values * values) / len(values) - mean(values) * mean(values))""",
    ),
    "real": (
        (),
        '''def real(function, value):
    """Not a number, or infinite, where Python would raise an error."""
    try:
        return function(value)
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf''',
    ),
    "log": (
        ("real",),
        """def log(value):
    return -math.inf if value == 0 else real(math.log, value)""",
    ),
    "place": (
        (),
        '''def place(share, length):
    """An index, from a share of the length."""
    return min(max(int(length * share), 0), length - 1)''',
    ),
}
"""By name what else it needs, and its code."""

RANDOM = """class Random:
    def __init__(self, seed):
        self.source = Xoshiro(seed)

    def uniform(self, low, high, *shape):
        drawn = [low + max(high - low, 0.0) * self.source.uniform() for _ in range(math.prod(shape))]
        return np.reshape(drawn, shape) if shape else drawn[0]

    def gaussian(self, mean, deviation, *shape):
        drawn = [mean + deviation * value for value in self.source.gaussians(math.prod(shape))]
        return np.reshape(drawn, shape) if shape else drawn[0]"""

ANSWERS = {
    Labels.NUMBER: '''    @staticmethod
    def normalised(answer):
        """A number is answered as it is."""
        return answer''',
    Labels.BINARY: '''    @staticmethod
    def normalised(answer):
        """How likely it is that the label is 1."""
        return 1.0 / (1.0 + real(math.exp, -answer))''',
    Labels.CLASSES: '''    @staticmethod
    def normalised(answer):
        """How likely each class is, in the first NUM_CLASSES entries."""
        powers = np.array([real(math.exp, value) for value in answer[:NUM_CLASSES] - np.max(answer[:NUM_CLASSES])])
        likely = np.zeros(len(answer))
        likely[:NUM_CLASSES] = powers / total(powers)
        return likely''',
}

STEPS = {
    Labels.NUMBER: "goes_on = abs(label - answer) <= MAX_ABS_ERROR",
    Labels.BINARY: "goes_on = abs(label - answer) <= MAX_ABS_ERROR",
    Labels.CLASSES: "goes_on = not np.isnan(answer).any()",
}

LOSSES = {
    Labels.NUMBER: """        error = float(label) - answer
        loss += error * error if abs(error) <= MAX_ABS_ERROR else math.inf""",
    Labels.BINARY: """        loss += math.inf if math.isnan(answer) else float((label > 0.5) != (answer > 0.5))""",
    Labels.CLASSES: """        said = NUM_CLASSES - 1 - int(np.argmax(answer[:NUM_CLASSES][::-1]))
        loss += math.inf if np.isnan(answer).any() else float(said != int(label))""",
}

FITNESS = '''@np.errstate(all="ignore")
def fitness(train, valid, orders=None, seed=0):
    """Learns from nothing on `train` and is scored on `valid`, each (features (n, F), labels (n,)), as the search scored it.

    `orders`: for each epoch the order of the training examples; once in their order where there is none.
    """
    algorithm = Algorithm(len(train[0][0]), seed)
    best = 0.0
    for order in [range(len(train[0]))] if orders is None else orders:
        for example in order:
            if not algorithm.train_step(train[0][example], float(train[1][example])):
                return best
        best = max(best, score(algorithm, *valid))
    return best


@np.errstate(all="ignore")
def score(algorithm, features, labels):
    """Of a trained algorithm: {scale}."""
    loss = 0.0
    for v0, label in zip(features, labels, strict=True):
        answer = algorithm.answer(v0)
{loss}
    mean_loss = loss / len(labels)
    if math.isinf(mean_loss):
        return 0.0
    return {score}'''
