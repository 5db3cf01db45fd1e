"""What a search of programs counts and keeps in mind: places in its arrays."""

# Places in `counters`.
(
    NUM,
    STEPS,
    SAME_CODE,
    SAME_PREDICTIONS,
    BELOW_HURDLE,
    OVER_BUDGET,
    FULL,
    STOPPED_EARLY,
    BEST_BIRTH,
    NUM_FOUND,
    COUNTERS,
) = range(11)

# Places in `marks`.
BEST, CURRENT_HURDLE, LAST_FOUND, MARKS = range(4)
