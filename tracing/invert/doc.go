// Package invert is the statistics of looking upwind.
package invert
