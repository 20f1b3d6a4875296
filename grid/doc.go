// Package grid turns what sensors see into targets on a city's grid map, and keeps them in a ledger. It holds pure
// rules: no files, no network, no clock.
//
// # The grid
//
// A city is divided on four levels: the city, its counties, their towns, and some thousand cells, each with an
// officer who knows every yard in it. [Parse] reads such a [Tree] from GeoJSON and checks it: areas that overlap, ground that belongs to
// nobody, areas without parent, codes used twice. [Tree.Code] says in which areas a place lies; outside every imported county
// it is the UTM square of 1 km ([Square]), so that a target always has an address. On a shared border the lowest code wins.
//
// # The ledger
//
// Every change of a candidate is an [Event]: who, when, why, what. Events of a candidate form a chain of
// hashes ([Event.Sum]); nothing is edited or deleted. [Book] is the fold of all events and serves every read. The way of a candidate is one
// table of transitions ([Legal]):
//
//	candidate -> confirmed | rejected | merged -> dispatched -> accepted -> inspected
//	          -> unfounded | rectifying -> closing-requested -> verified -> closed
//
// with handed-over, and reopened for what flares up again. Who rectified a place never verifies it.
//
// # Merging
//
// [Merge] decides what a detection or a trace means for the book. Sightings a and c of one class family are one
// thing when their outlines overlap (intersection over union at least [MergeIoU], or [MergeContained] of the smaller one inside the larger one),
// or when their points lie within [MergeSigmas] combined sigmas,
//
//	|a - c| <= 2.5 sqrt(sigma_a^2 + sigma_c^2),
//
// unless one and the same look saw them as two. A candidate keeps all of its evidence. Its place, class and measures are
// those of the most precise sighting; its probability combines the log-odds of n looks with mutual correlation rho,
//
//	L = (sum of l_i) / (1 + (n-1) rho)
//
// (Clemen and Winkler 1985), and two sightings of one asset count once. Its score is a sum of named parts, so that a person
// can see why it stands where it stands.
//
// Since a candidate is computed from the set of its sightings, the order in which they came does not matter; it is
// called a candidate to the end, and never a source.
package grid
