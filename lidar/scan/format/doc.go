// Package format reads the files of scanning and profiling aerosol lidars into a [scan.Scan].
//
// A scan is one file with many rays (HALO, SigmaMPL, netCDF, ceilometer messages, our own polar tables) or
// a folder of single-ray files (Licel). [Open] takes paths, [Read] takes bytes; [Formats] is the table of
// what is known. A file is recognised by its content, never by its name alone.
//
// # What becomes of a record
//
// Counts become physical units by the digitiser's own figures, with M shots summed, full scale V volts of
// b bits and bins of dr metres (Licel Ethernet Controller, Programming Manual, file format):
//
//	analog:  mV  = raw / M * V * 1000 / 2^b
//	photon:  MHz = raw / M * 150 / dr          (150 m of range a microsecond of light there and back)
//
// Elevations become degrees above the horizon, times UTC; what is missing becomes NaN. Nothing is
// subtracted, corrected or clamped: dead time, background, overlap and range are package invert's.
//
// # Faults
//
// A damaged file is a [upwind.Refusal] that names file and place and says what was still whole. In a
// folder the same sentence goes to [scan.Scan.Notes] and the rest is used; [Options.Salvage] asks for the
// same of a lone file. Streams of independent messages (ceilometers) lose only the damaged message. Memory
// is bounded by the bytes handed in.
package format
