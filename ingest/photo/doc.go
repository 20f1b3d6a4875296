// Package photo reads what a drone picture says about itself and works out where its pixels lie.
//
// # Camera
//
// The camera's axes are x right, y down, z forward. With yaw y clockwise from true north and pitch p up from
// the horizon (-90 degrees is straight down), on the tangent plane east, north, up at the camera,
//
//	fwd = (sin y cos p, cos y cos p, sin p)    right = (cos y, -sin y, 0)    down = fwd x right
//	d   = [right down fwd] Rz(roll) ((u - cx)/fx, (v - cy)/fy, 1)
//
// after the lens distortion is taken out ([Brown]). The ray d is followed in earth-centred coordinates to the
// ground: flat ground of a stated height, flat ground at the height of the take-off point, or a surface model
// along which the ray is marched. Yaw is from true north and no map grid enters, so there is no convergence
// to forget. Rays less than [MinDepressionDeg] below the horizon have no place.
//
// # Errors
//
// A place comes with its 1-sigma error along and across the view, by a numerical Jacobian over position,
// height of the ground, the three angles, focal length and radial distortion. At the centre of a view a
// degrees off nadir from height H it becomes
//
//	along^2  = s_gps^2 + (H s_att / cos^2 a)^2 + (s_h tan a)^2
//	across^2 = s_gps^2 + (H tan a s_yaw)^2
//
// and a roll about the view axis is felt off the centre. Without the factory's lens model (XMP DewarpData)
// a wide-angle picture is off by metres in the middle and tens of metres in the corners: the sigma says so.
//
// # Traps
//
// Values are strings such as "+99.96"; DJI's older firmware spells GpsLongtitude; relative altitude is above
// the take-off point and not above the ground in the picture; the 35 mm equivalent of a 16:9 cut is stated
// for the whole 4:3 sensor; camera clocks are local time, without a zone more often than not ([DefaultZone]).
package photo
