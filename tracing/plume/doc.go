// Package plume is the near tier: what a receptor reads of sources up to a few kilometres away, under a wind known
// minute by minute.
//
// # Puffs, backwards
//
// The air that reaches a receptor at time t was at X(a) a seconds earlier. A unit source at x is seen as
//
//	h(x) = Integral da  exp(-|x - X(a)|^2 / 2 s^2) / (2 pi s^2)  V(a)        s/m3
//
// with s the lateral spread ([air.State.Lateral]: s^2 = s_v^2 a^2 / (1 + a/2T) under one-minute winds, Draxler's form under
// longer means), and V the vertical kernel in 1/m between the two heights. s_v is only what the wind averages do not resolve: the meander between them
// is in X. Nothing divides by the wind speed; in a calm the puff grows where it is. In a steady wind h is a Gaussian
// plume with the crosswind integral V/U(a), U the speed at which the material travels.
//
// [Model.Puffs] makes the puffs of a mean over a time, seen from the receptor at the origin. They do not depend on where
// the receptor stands: one set, laid on an [Image] of offsets, serves all cells and all receptors of a height; [At] and
// [Path] evaluate the same puffs at single places and along lines.
//
// # The vertical kernel
//
// Van Ulden (1978) gave the crosswind integral of a ground source as A Q/(u z') exp[-(B z/z')^s], the solution of
//
//	u(z) dC/dx = d/dz (K(z) dC/dz)
//
// for power laws fitted at the height of the material. [Tables] solve this equation itself, by finite volumes from the
// roughness length to the mixing height with the profiles of [air.State]: a source at any height, reflection at the
// ground and the top, and C(z1 from z2) = C(z2 from z1), on which looking backwards rests. With U(x) the mean speed
// of the material, V = C/(Integral C dz) at the age a = Integral dx/U. Until the Lagrangian time T_L at the higher of
// both ends has passed, the air remembers its speed and K is lower by 1 - exp(-a/T_L) (Taylor 1921), which delays the
// age to a - T_L (1 - exp(-a/T_L)).
//
// u* only sets the pace: tables are kept by 1/L, z0 and mixing height against the distance u* a.
//
// # Limits
//
// Flat ground, no buildings, no plume rise, no settling; deposition as an uptake at the ground ([Tables.WithUptake]).
// Convection is not skewed: 0.5 km away in very unstable air the kernel is up to twice too large. Wind does not turn with
// height.
package plume
