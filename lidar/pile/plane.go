package pile

import "math"

// planeFit gathers the weighted normal equations of z = a + b x + c y about the running first point, which
// keeps them well conditioned far from the origin.
type planeFit struct {
	set                 bool
	x0, y0, z0          float64
	n, x, y, xx, xy, yy float64
	z, xz, yz           float64
}

func (p *planeFit) add(x, y, z, w float64) {
	if !p.set {
		p.set, p.x0, p.y0, p.z0 = true, x, y, z
	}
	x, y, z = x-p.x0, y-p.y0, z-p.z0
	p.n += w
	p.x += w * x
	p.y += w * y
	p.xx += w * x * x
	p.xy += w * x * y
	p.yy += w * y * y
	p.z += w * z
	p.xz += w * x * z
	p.yz += w * y * z
}

// solve returns the plane about the centroid of the points and the inverse of the 2x2 matrix of centred
// second moments. ridge is added to its diagonal: it holds the tilt at zero where the points say nothing.
func (p *planeFit) solve(ridge float64) (Plane, [3]float64) {
	if !(p.n > 0) {
		return Plane{X0: p.x0, Y0: p.y0, Z0: p.z0}, [3]float64{}
	}
	mx, my, mz := p.x/p.n, p.y/p.n, p.z/p.n
	xx, xy, yy := p.xx-p.n*mx*mx+ridge, p.xy-p.n*mx*my, p.yy-p.n*my*my+ridge
	xz, yz := p.xz-p.n*mx*mz, p.yz-p.n*my*mz
	out := Plane{X0: p.x0 + mx, Y0: p.y0 + my, Z0: p.z0 + mz}
	det := xx*yy - xy*xy
	if !(det > 1e-12*math.Max(1, xx*yy)) {
		return out, [3]float64{}
	}
	out.GX, out.GY = (yy*xz-xy*yz)/det, (xx*yz-xy*xz)/det
	return out, [3]float64{yy / det, -xy / det, xx / det}
}
