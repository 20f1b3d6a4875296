package photo

import "math"

// Brown is the interior of a camera: focal lengths and principal point in pixels (the principal point from
// the picture's centre) and the distortion of Brown (1971), "Close-range camera calibration": for a ray
// (x, y, 1) with r^2 = x^2 + y^2
//
//	x' = x (1 + k1 r^2 + k2 r^4 + k3 r^6) + 2 p1 x y + p2 (r^2 + 2 x^2)
//	y' = y (1 + k1 r^2 + k2 r^4 + k3 r^6) + p1 (r^2 + 2 y^2) + 2 p2 x y
//	u  = W/2 + cx + fx x',  v = H/2 + cy + fy y'
type Brown struct {
	FX, FY, CX, CY     float64
	K1, K2, K3, P1, P2 float64
}

// distort maps ray coordinates to distorted ones.
func (b Brown) distort(x, y float64) (float64, float64) {
	r2 := x*x + y*y
	g := 1 + r2*(b.K1+r2*(b.K2+r2*b.K3))
	return x*g + 2*b.P1*x*y + b.P2*(r2+2*x*x), y*g + b.P1*(r2+2*y*y) + 2*b.P2*x*y
}

const (
	undistortSteps = 30
	undistortTol   = 1e-12 // of the ray; 1e-8 pixels
	maxRay         = 4.0   // tan of 76 deg off axis: beyond it no perspective lens sees
)

// undistort inverts distort by Newton's method from the distorted point. It reports false where the
// polynomial folds back (outside the calibrated field) or the steps do not close.
func (b Brown) undistort(xd, yd float64) (x, y float64, ok bool) {
	x, y = xd, yd
	for range undistortSteps {
		fx, fy := b.distort(x, y)
		ex, ey := fx-xd, fy-yd
		if math.Abs(ex)+math.Abs(ey) < undistortTol {
			return x, y, b.slope(x, y) > 0
		}
		r2 := x*x + y*y
		g := 1 + r2*(b.K1+r2*(b.K2+r2*b.K3))
		dg := 2 * (b.K1 + r2*(2*b.K2+3*r2*b.K3)) // dg/d(r2) * 2
		a11 := g + x*x*dg + 2*b.P1*y + 6*b.P2*x
		a12 := x*y*dg + 2*b.P1*x + 2*b.P2*y
		a22 := g + y*y*dg + 6*b.P1*y + 2*b.P2*x
		det := a11*a22 - a12*a12
		if math.Abs(det) < 1e-9 {
			return 0, 0, false
		}
		x -= (ex*a22 - ey*a12) / det
		y -= (ey*a11 - ex*a12) / det
		if !(math.Abs(x)+math.Abs(y) < maxRay) {
			return 0, 0, false
		}
	}
	return 0, 0, false
}

// slope is d(r')/dr of the radial part: negative where the polynomial folds back.
func (b Brown) slope(x, y float64) float64 {
	r2 := x*x + y*y
	return 1 + r2*(3*b.K1+r2*(5*b.K2+r2*7*b.K3))
}
