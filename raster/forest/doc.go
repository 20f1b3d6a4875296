// Package forest learns classes from labelled samples and tells their probabilities: a random forest (Breiman 2001, Machine
// Learning 45) of CART trees, each grown on a bootstrap of the samples with a few features tried at each split, by Gini's impurity.
//
// The same samples, options and seed give the same forest for any number of threads. A sample's features are float32; NaN is a
// value like any other that goes to the right of every split, so a sensor without a band and a pixel without data are not refused.
//
// [Forest.Predict] averages the shares of the classes in the leaves. [Folds] splits groups of samples (the pixels of a polygon
// belong together: neighbours are nearly the same pixel) for cross-validation, and [Tally] counts what it showed.
package forest
