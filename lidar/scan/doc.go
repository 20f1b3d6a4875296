// Package scan is the vocabulary of a scanning aerosol lidar, what bureaus call "3D visual lidar": rays of
// range-resolved returns, the instrument's place, and the polar field of extinction that inversion makes of
// them. Package format reads instruments' files into a [Scan], package invert turns a Scan into a [Field],
// package plume finds plumes in fields and puts them on the map.
//
// # Conventions
//
// Ranges are metres along the ray to the centre of a bin. Azimuths are degrees clockwise from true north
// once the site's heading has been added, elevations degrees above the horizon; each reader turns its
// instrument's own signs into these. East, north and up of a bin, with the Earth's curvature
// (R = [EarthRadiusM]):
//
//	E = r cos e sin(az + heading)   N = r cos e cos(az + heading)   U = r sin e + (r cos e)^2 / 2R
//
// Extinction and backscatter are per metre (and steradian). A signal is never clamped at zero: noise below
// zero is information. A value that is not known is NaN, and its [Quality] says why.
package scan
