/** Setup of runs that compare: properties are tried with the same values each time. */
import fc from "fast-check";

fc.configureGlobal({ seed: 1 });
