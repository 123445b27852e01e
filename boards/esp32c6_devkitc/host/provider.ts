import Analog from "embedded:io/analog";
import Digital from "embedded:io/digital";
import I2C from "embedded:io/i2c";
import SMBus from "embedded:io/smbus";
import BMP280 from "embedded:sensor/Barometer-Temperature/BMP280";
import TMP117 from "embedded:sensor/Temperature/TMP117";
import NeoPixel from "neopixel";
import type { BoardProvider } from "../../../src/platforms/moddable/provider.js";
import { board } from "../board.js";

const device: BoardProvider = {
  board,
  I2C: board.I2C,
  io: { Analog, Digital, NeoPixel },
  sensor: {
    TMP117: { Sensor: TMP117, io: SMBus },
    BMP280: { Sensor: BMP280, io: I2C },
  },
};

export default device;
