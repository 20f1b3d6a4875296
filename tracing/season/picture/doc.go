// Package picture draws what [season] counts, for people who would rather look than read: roses of direction, polar
// plots by direction and speed, and maps of where bad air comes from. North is up, and a direction is where the wind
// comes from. What too few readings speak for is left white. The same input gives the same pixels.
package picture
