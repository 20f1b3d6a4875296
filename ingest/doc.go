// Package ingest takes what people hand in and makes assets and observations of it.
//
// A file goes one way: look at its bytes and say what it is ([Classify]; a name never decides), copy it
// into the store while hashing it, look again at what was stored, and tell the [Sink]. What can be wrong is
// said at once and in words, because an error hours later in a queue finds nobody: an empty file, a
// transfer that was cut off, a table without a column, a clock in the future, a picture that does not say
// where it was taken. Each file gets one [Entry] in the [Report]: accepted, duplicate (handed in before),
// held (accepted, but off the map until something is stated) or refused, and a bad file never stops the
// others.
//
// Folders are walked in the order of their names and zips are unpacked into a folder of their own; neither
// can lead outside: links are not followed, and an archive with an absolute name, a link, a password,
// another archive, or more content than its bytes justify is refused.
//
// An orthophoto and its surface model are one asset with the roles main and dsm, found by the names that
// OpenDroneMap, DJI Terra and Pix4D give them, or NAME.tif with NAME_dsm.tif.
//
// The id of an asset hashes its content and the options that were stated, so handing in the same file again
// changes nothing. What follows from an asset (observations, wind, the current grid) is handed to the sink
// before the asset itself: if the work is cut between the two, handing the file in again completes it.
package ingest
