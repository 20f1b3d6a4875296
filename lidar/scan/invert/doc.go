// Package invert turns a lidar's raw returns into the extinction of particles: a [scan.Scan] into a
// [scan.Field], with a sigma and quality bits for every bin.
//
// # The lidar equation
//
// Light scattered back from range r, per shot and bin, is
//
//	P(r) = C O(r) / r^2 beta(r) exp(-2 int_0^r alpha) + B,
//
// beta (1/(m sr)) and alpha (1/m) being those of particles and of molecules together, O the overlap of beam
// and view, B the background. Three steps undo it.
//
// # Corrections
//
// A non-paralyzable counter that shows the rate M has seen N = M/(1 - M tau) ([DeadTime]). The afterpulse is
// subtracted. The background is not the mean of the tail, which still holds signal: P = A f + B is fitted with
// the shape f of a clean signal (beta_m T_m^2 O/r^2 upward, exp(-2 alpha r) O/r^2 near the horizon), weighted with
// the noise of the fitted signal, which for counts is the maximum-likelihood Poisson fit. A plume in the tail would be
// taken for the signal there and leave too low a background, which r^2 then blows up, and so does haze that thins out
// along the ray, by a part of the light in the tail; so neighbouring rays near the horizon, which look into nearly the
// same sky, set each other right. Then X = P r^2/O.
// Nothing is clamped at zero; a bin that is missing, saturated or below full overlap is NaN and says so.
//
// Counts have Poisson noise; a rate is counts over shots 2 h/c for bins of h metres. A digitiser's noise is
// measured: a floor from third differences in the dark, a part that grows with the signal from those in the
// light, and the wander of the baseline from the means of pieces of the tail. Digitised light is joined to
// counted light by a line fitted where both are good (Newsom et al. 2009).
//
// # Molecules
//
// [Molecular] is Bodhaine et al. (1999): the cross-section of a molecule of air is
//
//	sigma = 24 pi^3 (n^2 - 1)^2 F / (lambda^4 N^2 (n^2 + 2)^2)
//
// with the index n of Peck & Reeder (1972) and the King factor F of the gases; S_m = alpha_m/beta_m is 8 pi/3
// (1 + 2 gamma)/(1 + gamma). Pressure and temperature come from a radiosonde or the standard atmosphere ([Air]).
//
// # Inversion
//
// Fernald (1984), with the lidar ratio S(r) = alpha_p/beta_p of particles stated: with
//
//	Z = X exp(-2 int (S - S_m) beta_m),   beta = Z / (Z_ref/beta_ref - 2 int S Z),
//
// integrals from the boundary, where beta_ref must be known, either way ([Fernald]). Towards the instrument the
// solution forgets its boundary; away from it errors grow with exp(2 tau). An upward ray takes the boundary
// from clean air, stated or found as the lowest stretch with the shape of a molecular signal; the amplitude is
// fitted over it and all clean air beyond. A ray near the horizon takes the slope method ([FitSlope]) on its best
// homogeneous stretch, alpha = -1/2 d ln X/dr (Kunz & de Leeuw 1993), and beta_ref = (alpha - alpha_m)/S + beta_m at
// the stretch's far end. Slopes are shared between neighbouring rays by their variances, so that a blocked ray has
// its boundary from those beside it ([scan.BoundaryGuess]). A calibrated attenuated backscatter is inverted
// from the instrument outward, where Z/beta is 1.
//
// # Uncertainty
//
// Sigma is propagated through the solution to first order: the bin's own noise, the noise of the bins
// integrated over, the boundary with its correlation to the very bins it was fitted to, the background (common
// to all bins), the density of the air, the lidar ratio. In Monte Carlo tests 65-68 % of truths lie within one
// sigma, 57 % where skylight outshines the reference. Beta is then averaged over at most 75 m, as wide as the
// values agree within their noise.
//
// # Dust or smoke
//
// With calibrated parallel and perpendicular channels, [ParticleDepol] and [DustShare] (Tesche et al. 2009) tell
// dust (depolarisation 0.31 at 532 nm) from smoke and urban haze (0.05).
//
// # Sources
//
// Bodhaine et al. 1999, J. Atmos. Oceanic Technol. 16, 1854. Peck & Reeder 1972, J. Opt. Soc. Am. 62, 958. Fernald
// 1984, Appl. Opt. 23, 652. Kunz & de Leeuw 1993, Appl. Opt. 32, 3249. Newsom et al. 2009, Appl. Opt. 48, 3903. Tesche
// et al. 2009, J. Geophys. Res. 114, D13202. Behrendt & Nakamura 2002, Opt. Express 10, 805.
package invert
