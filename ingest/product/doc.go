// Package product reads what satellite products say about themselves: which file holds which band, how its numbers become reflectance, which pixels
// are cloud, when and under which sun the sensor looked. A product is a set of files with names of their own, wherever they lie; one of them, its
// key, describes the others.
//
//	reflectance = Scale x number + Offset
//
// Nothing is guessed: where the metadata contradict each other, or do not say what turns numbers into reflectance, the product is refused or its bands
// stay unscaled, in words. No pixel is read here.
package product
