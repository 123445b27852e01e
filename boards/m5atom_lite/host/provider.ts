import Analog from "embedded:io/analog";
import Digital from "embedded:io/digital";
import I2C from "embedded:io/i2c";
import BMP280 from "embedded:sensor/Barometer-Temperature/BMP280";
import SHT3x from "embedded:sensor/Humidity-Temperature/SHT3x";
import NeoPixel from "neopixel";
import type { BoardProvider } from "../../../src/platforms/moddable/provider.js";
import { board } from "../board.js";

const device: BoardProvider = {
  board,
  I2C: board.I2C,
  io: { Analog, Digital, NeoPixel },
  sensor: {
    SHT3x: { Sensor: SHT3x, io: I2C },
    BMP280: { Sensor: BMP280, io: I2C },
  },
};

export default device;
