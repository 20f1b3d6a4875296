// Package season asks where bad air comes from over a season at one station: not the source of one event, but the
// directions and places that come back.
//
// # Conditional probability (CPF)
//
// Of the n readings with wind from sector s, m lie at or above a threshold c, usually a quantile of all readings
// (Ashbaugh, Malm & Sadeh 1985; Kim, Hopke & Edgerton 2003):
//
//	CPF(s) = m(s) / n(s)
//
// By sector and speed it is bivariate (Uria-Tellaetxe & Carslaw 2014): a source on the ground shows at low speed, a
// high stack at the speed that brings its plume down. Calms have no direction and are counted apart.
//
// # Potential source contribution (PSCF) and concentration-weighted trajectories (CWT)
//
// Back trajectories l leave end points in the cells of a map. With n end points in cell (i, j), m of them of
// trajectories that arrived with bad air, C the reading at arrival and tau the end points of trajectory l in the cell,
//
//	PSCF(i,j) = W(n) m / n        CWT(i,j) = C0 + W(n) (Sum_l C_l tau_ijl / Sum_l tau_ijl - C0)
//
// (Ashbaugh et al. 1985; Seibert et al. 1994, with ln C instead of C; Hsu, Holsen & Hopke 2003). W takes cells down
// that few trajectories have crossed, PSCF towards 0 and CWT towards the mean C0 of all readings. Both maps smear a source along the trajectories that crossed it: they show
// where to look, not what to blame.
//
// # Uncertainty
//
// Neighbouring hours say the same, so binomial intervals are too narrow. A bootstrap over blocks of days (Kuensch 1989),
// drawn whole and with replacement, gives the variance; a share's interval is Wilson's (1927) for as many independent
// readings as that variance is worth, a mean's the 2.5 and 97.5 percentiles. A sector or cell with fewer readings than a
// least number is left out, not drawn in a pale colour.
package season
