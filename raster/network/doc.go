// Package network tells ground by a segmentation network of the user's own: an ONNX file whose metadata say what it was made for, under the keys that
// Deepness (Aszkowski et al. 2023, SoftwareX 23) and GeoDeep read:
//
//	model_type              Segmentor, or seg
//	class_names             {"0": "background", "1": "bare"}
//	resolution              centimetres a pixel that it was trained at
//	seg_thresh              least probability of a class, 0.5 where it is missing
//	seg_small_segment       pixels below which a segment is left out
//	tiles_overlap           percent by which tiles overlap, 15 where it is missing
//	standardization_mean, standardization_std   of the bands, after they were divided by 255
//
// The picture is averaged to the network's resolution and cut into tiles that overlap. A tile's answer counts most in its middle and falls to nothing at
// its edge, where the network saw no surroundings; sums of weighted answers give each pixel one probability without seams.
//
// The runtime that executes a network is no part of the program: it is linked with the build tag onnx (package raster/network/onnx, docs/onnx.md).
package network
