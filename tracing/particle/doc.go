// Package particle is the Lagrangian stochastic model: marked air that walks at random through the boundary layer,
// forwards from a source or backwards from a receptor. It makes no assumption on the shape of a plume, and is what
// the faster tiers are checked against.
//
// # The walk
//
// For Gaussian turbulence whose spread changes with height Thomson (1987) leaves one equation that keeps mixed air mixed:
//
//	dw = [-w/T_L + 1/2 ds_w^2/dz (1 + w^2/s_w^2)] dt + s_w sqrt(2/T_L) dxi,   dz = w dt
//
// In q = w/s_w it is dq = (-q/T_L + ds_w/dz) dt + sqrt(2/T_L) dxi, which is what is stepped, with dt a small share of
// T_L; u'/s_u and v'/s_v walk likewise without a drift. The ground (at the roughness length) and the mixing height
// reflect. Backwards it is the same equation with the mean wind and the settling reversed (Thomson 1987, Flesch, Wilson
// & Yee 1995).
//
// Particles that settle sink at a constant speed; where they meet the ground a share (1-a)/(1+a) of their mass stays in
// the air, a = sqrt(pi/2) v_d/s_w, which takes v_d times the concentration out of it.
//
// # From walks to concentrations
//
// Per unit source, with N particles followed back from the receptor:
//
//	area source on the ground   H = 1/(N A) Sum over touchdowns in A of 2/|w|   (Flesch, Wilson & Yee 1995)
//	source in a volume          H = 1/(N A dz) Sum over steps in it of dt       (Seibert & Frank 2004)
//
// # Random numbers
//
// Each step draws from a counter (seed, key of the reading, particle, step) by Philox (Salmon et al. 2011). Particles
// are tallied in blocks of a fixed size that are added in order, so that the bytes do not depend on the number of
// threads.
//
// # Limits
//
// Gaussian turbulence: the skewness of convection, which lifts ground sources and brings high ones down early, is left
// out, and so is the correlation of u' and w'.
package particle
