// Package air is the layer of air over a place: how wind, turbulence and mixing change with height.
//
// # Surface layer
//
// Over a roughness z0 the wind follows Monin and Obukhov, with L the Obukhov length and k = 0.4:
//
//	u(z) = u*/k [ln(z/z0) - psi(z/L) + psi(z0/L)]
//	K(z) = k u* z / (Sc phi_h(z/L))
//
// psi is -5 z/L in stable air up to z/L = 1 and Holtslag & De Bruin (1988) beyond; in unstable air Paulson (1970)
// with x = (1 - 16 z/L)^(1/4). K is the diffusivity of a passive tracer, Sc its turbulent Schmidt number.
//
// # Boundary layer
//
// [State.Hanna] gives the standard deviations of the wind and their Lagrangian time scales after Hanna (1982),
// blended where his neutral formulas meet the others. Above the surface layer K falls to zero at the mixing height
// (Brost & Wyngaard 1978; Troen & Mahrt 1986).
//
// Hanna's vertical time scale does not meet the surface layer: sigma_w^2 T_L is 0.65 u* z in neutral air and
// 0.24 u* z just beyond, where similarity gives 0.5 u* z and no step. [State.Turbulence] therefore takes T_Lw as
// K/sigma_w^2, so that a random walk and a diffusion equation agree far from the source, and the rest from Hanna.
//
// # From one wind reading
//
// [FromWind] uses what a sonic anemometer measured if the reading carries it; else Holtslag & van Ulden (1983) with the
// sun's height and the clouds as far as they are known; [PasquillClass] with [Golder] is the coarser way.
package air
