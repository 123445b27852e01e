/** `motewire/application`: what the file of an application imports, by one name in the simulator and on a device. */
export * from "../mote/application.js";
