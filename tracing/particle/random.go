package particle

import (
	"math"
	"math/bits"
)

// philox is Philox4x32-10 (Salmon et al. 2011): four random words that depend on nothing but counter and key.
func philox(c0, c1, c2, c3, k0, k1 uint32) (r0, r1, r2, r3 uint32) {
	const m0, m1, w0, w1 = 0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85
	for range 10 {
		hi0, lo0 := bits.Mul32(m0, c0)
		hi1, lo1 := bits.Mul32(m1, c2)
		c0, c1, c2, c3 = hi1^c1^k0, lo1, hi0^c3^k1, lo0
		k0, k1 = k0+w0, k1+w1
	}
	return c0, c1, c2, c3
}

// stream names the random numbers of one particle.
type stream struct {
	seed, reading uint64
	particle      uint32
}

// normals are three independent standard normals of a step (Box & Muller).
func (s stream) normals(step uint32) (a, b, c float64) {
	mixed := s.seed ^ bits.RotateLeft64(s.reading*0x9E3779B97F4A7C15, 31)
	r0, r1, r2, r3 := philox(step, s.particle, uint32(s.reading), uint32(s.reading>>32), uint32(mixed), uint32(mixed>>32))
	u := func(r uint32) float64 { return (float64(r) + 0.5) / (1 << 32) }
	m := math.Sqrt(-2 * math.Log(u(r0)))
	sin, cos := math.Sincos(2 * math.Pi * u(r1))
	return m * cos, m * sin, math.Sqrt(-2*math.Log(u(r2))) * math.Cos(2*math.Pi*u(r3))
}
