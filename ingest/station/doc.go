// Package station knows the stations and turns what their devices send into observations.
//
// # The registry
//
// An administrator keeps it in a spreadsheet ([Read], [Write]), a line a station:
//
//	id,name,kind,lon,lat,height_m[,town][,mn,pw,version,units,stamps_end,utc,minute_s][,site_id][,limits][,water_class]
//
// The columns from mn to minute_s say where the device departs from HJ 212: units "PM10=ng/m3;SO2=ppb" by species or code,
// limits "SO2=35;NOx=50" in mg/m3. [New] makes a [Registry] of the list, which is the allow-list of an [hj212.Server].
//
// # What a value becomes
//
// [Registry.Observe] keeps what was sent to the letter in Raw and gives it in one unit, whatever the device speaks:
//
//	particles and gases of ambient air    ug/m3 (CO mg/m3)
//	particles and gases in a stack        mg/m3
//	water                                 mg/L
//	all else                              the unit of the code table: kPa, degC, %, m/s, deg, dB
//	totals                                the table's unit of totals: kg, g, m3
//	codes that no table has               "" under the code as species
//
// A mole fraction becomes a mass of gas at the reference state: 298.15 K and 1013.25 hPa in ambient air (GB 3095-2012,
// amendment of 2018), 273.15 K and 101.325 kPa in a stack (HJ 76-2017). Particles are of the air as it is.
//
// A value keeps the letter its device gave it. [upwind.FlagQuarantine] is ours, and goes before: for what came with a clock
// that cannot be believed, and for what cannot be, so that a factor 1000 in the unit does not become a dust storm; see
// [Registry.Observe]. Nothing is dropped: what is acknowledged is kept.
//
// Past hours of the national stations come from [ReadCNEMC].
package station
