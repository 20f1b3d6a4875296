// Package limit compares what stacks and rivers measure with what they are to keep.
//
// A stack keeps the limits of its permit, hourly means in mg/m3 at its reference oxygen ([upwind.Station].Limits); a river keeps the class of GB 3838 that is set for it
// ([upwind.Station].WaterClass, package water). [Exceeded] finds the periods in which they do not. A value about its limit crosses it again and
// again, so hours beyond the limit that lie close together are one period, with its worst value.
//
// [Silent] looks for contradictions: smoke that rises from a stack while the stack's own monitor says that all is well.
//
// Values of an instrument that was not measuring (calibration, maintenance, fault, source at rest) say nothing here, neither that a limit was kept
// nor that it was not. A value over range is a measurement: the truth is at least that.
package limit
