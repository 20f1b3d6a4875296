// Package hj212 speaks HJ 212, the Chinese protocol by which air stations, dust monitors, stack monitors and river
// stations send what they measure: HJ/T 212-2005 and HJ 212-2017, with the switch for HJ 212-2025.
//
// # A frame
//
//	##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80\r\n
//
// Two number signs, the length of the segment in four decimal digits, the segment of at most 1024 bytes, its CRC in
// four hexadecimal digits, a line end. The CRC is not that of Modbus, see [Checksum]. A [Reader] finds frames in a
// stream, strict about length and CRC and forgiving about everything between frames; [Parse] reads a segment into a
// [Packet]; [Append] writes one, exactly as the standard says.
//
// # What a packet says
//
// ST says what kind of system speaks (22 air, 39 construction dust, 31 stack, 21 surface water), CN what it wants (2011
// real time, 2051 minutes, 2061 hours, 2031 days), MN which device it is, QN which exchange this belongs to. Bit 0 of
// Flag asks for an answer, bit 1 says that the packet is one part of several ([Joiner]), the six bits above it are the version
// of the standard, which devices get wrong: [Version] is a setting of each device. CP holds the data: items parted by
// semicolons, the fields of one item by commas, a34004-Rtd=25,a34004-Flag=N.
//
// [Packet.Readings] gives values with their factor, statistic, flag, unit as the code table has it, and time: DataTime is
// Beijing time, the instant of real-time data and the start of a period. Which unit a device really sends is a rule of
// that device: the table gives PM in ng/m3, and devices send 75600 as well as 25.
//
// # A server
//
// A [Server] listens for devices. Length comes before CRC before parsing; unknown devices, slow ones and those that send
// nonsense cost a connection each and nothing else. What it accepts goes to a publish function, and only when that has
// returned is the answer sent that lets the device forget: a reading is lost on neither side. CRC is no authentication,
// and neither is PW, which travels in the clear.
package hj212
