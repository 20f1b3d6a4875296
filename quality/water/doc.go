// Package water says how clean a river is by GB 3838-2002.
//
// The standard has five classes, from head waters (I) to water for farms and scenery (V); what does not keep the limits of V is worse
// than V. The class of a river is that of its worst factor (Measures for the assessment of surface water quality, Huanban [2011] No. 22):
// one factor decides, means over factors do not exist. Of the 24 factors of table 1, water temperature is none of a class, and total nitrogen and
// faecal coliforms are given beside it for rivers, without a say.
//
// Most factors have an upper limit. Dissolved oxygen has a lower one, of class I as an alternative: 7.5 mg/L, or 90 % of what water of that temperature
// can hold, which counts in warm water. pH has one range for all classes.
//
//	class, factors that decide, excess = [Assess](values of one time, target class)
//
// Species are named as everywhere in the program; concentrations are in mg/L, pH has no unit, coliforms are 1/L ([Value] converts).
package water
