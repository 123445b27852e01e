/// <reference path="../../../../host-sim/xs/host.d.ts" />
