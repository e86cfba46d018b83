// Rates of each group at a threshold, and gaps between groups, from counts in bins of the probability. Each move costs a few additions.

export const FEWEST = 10; // people that a rate is counted of; as engine/metrics/groups

const share = (k, n) => (n >= FEWEST ? k / n : NaN);

/** Return for each place of a threshold how many with either outcome lie at or above it, and the sum of their probabilities. */
function above(counts, bins) {
  const made = {};
  for (const name of ["positives", "negatives", "score"]) {
    const sums = new Float64Array(bins + 1);
    for (let k = bins - 1; k >= 0; k--) sums[k] = sums[k + 1] + counts[name][k];
    made[name] = sums;
  }
  return made;
}

/** Spread the stored counts of a group over all bins, and add them up from the top. */
export function prepare(group, bins) {
  const counts = { positives: new Float64Array(bins), negatives: new Float64Array(bins), score: new Float64Array(bins) };
  group.places.forEach((place, i) => {
    for (const name of Object.keys(counts)) counts[name][place] += group[name][i];
  });
  return { name: group.name, counts, above: above(counts, bins) };
}

/** Return the rates of a group whose threshold is the lower edge of bin `place`; NaN where fewer than ten people stand behind one. */
export function rates(group, place) {
  const { positives, negatives, score } = group.above;
  const [tp, fp, p, q] = [positives[place], negatives[place], positives[0], negatives[0]];
  return {
    n: p + q,
    accepted: tp + fp,
    selection_rate: share(tp + fp, p + q),
    tpr: share(tp, p),
    fpr: share(fp, q),
    precision: share(tp, tp + fp),
    accuracy: share(tp + q - fp, p + q),
    calibration: tp + fp >= FEWEST ? (score[place] - tp) / (tp + fp) : NaN,
  };
}

const spread = (values) => (values.length < 2 ? NaN : Math.max(...values) - Math.min(...values));

function ratio(values) {
  const most = Math.max(...values);
  return values.length < 2 || most <= 0 ? NaN : Math.min(...values) / most;
}

/** Return every gap between the groups that can be estimated. */
export function gaps(all) {
  const of = (name, ...needed) => all.filter((one) => [name, ...needed].every((rate) => !Number.isNaN(one[rate]))).map((one) => one[name]);
  return {
    demographic_parity_difference: spread(of("selection_rate")),
    demographic_parity_ratio: ratio(of("selection_rate")),
    equal_opportunity_difference: spread(of("tpr")),
    equalized_odds_difference: Math.max(spread(of("tpr", "fpr")), spread(of("fpr", "tpr"))),
    equalized_odds_ratio: Math.min(ratio(of("tpr", "fpr")), ratio(of("fpr", "tpr"))),
    predictive_parity_difference: spread(of("precision")),
    accuracy_difference: spread(of("accuracy")),
  };
}

/** Return the accuracy over all people. */
export const accuracy = (all) => all.reduce((sum, one) => sum + one.accuracy * one.n, 0) / all.reduce((sum, one) => sum + one.n, 0);
