/** The application of the firmware as it comes: the board's sensors, and nothing of one's own. */
import { application } from "./mote/application.js";

export default application({});
