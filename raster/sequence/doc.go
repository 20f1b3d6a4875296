// Package sequence finds smoke in the pictures of one fixed camera, taken one after the other.
//
// The light of a scene changes all the time: the sun rises, exposure follows, shadows move. What hardly changes is its fine structure up to a factor:
// ridges, roads and roofs stay where they are. So a frame is compared with the background, the median of the frames before it, by the structure of
// small windows alone, each less its local mean. In a window let b be the background's structure and f the frame's. The normalised correlation
//
//	c = sum(b f) / sqrt(sum(b b) sum(f f))
//
// does not know gain or offset (Lewis 1995, Fast Normalized Cross-Correlation). Smoke of opacity a in front of ground J under airlight A shows
// (1 - a) J + a A (Koschmieder 1924): structure shrinks by 1 - a against that of clear windows and the mean moves towards the bright A, while a cloud's
// shadow shrinks structure and mean alike. Thick smoke has structure of its own, billows, which is another in every frame. So a window is
//
//	veiled    less of the background's structure is left than clear windows keep, and it is brighter
//	changed   there is structure, and c is low
//	static    neither, and there was or is structure
//	quiet     there was and is none: sky
//
// Windows that are veiled or changed make a plume where they hang together, reach below the skyline, which is what was static highest in each column
// of windows, and stand on ground that is static. Clouds stay above the skyline. A frame in which hardly anything is static shows another light or
// another view: it is not judged, and the background begins anew with it.
//
// A frame is judged with the frames before it only.
package sequence
