// Package flight says what is wrong with the pictures of a flight before hours are spent on them: their order, strips and overlap, pictures
// that are missing, doubled or without a position, and clocks and positions that jump. It looks at metadata alone.
package flight
