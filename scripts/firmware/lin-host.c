/*
 * Runs what `mcconfig -p lin` builds (mc.so) without a screen and without a debugger: lin-host path/to/mc.so
 *
 * Ends with 0 on SIGTERM, 64 when the program asks for a restart, 100 + XS's exit status on an abort.
 * screen.h, the contract between the simulator and its host, is the SDK's.
 */
#include <dlfcn.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "screen.h"

enum { WIDTH = 8, HEIGHT = 8, RESTART = 64, ABORTED = 100 };

static GMainLoop *loop;
static guint ticking;

static void quit(int status) {
	fflush(NULL);
	_Exit(status);
}

static gboolean tick(gpointer screen) {
	((txScreen *)screen)->idle(screen);
	return G_SOURCE_CONTINUE;
}

static void start(txScreen *screen, double interval) {
	if (!ticking) ticking = g_timeout_add(interval < 1 ? 1 : (guint)interval, tick, screen);
}

static void stop(txScreen *screen) {
	if (ticking) g_source_remove(ticking);
	ticking = 0;
}

static void aborted(txScreen *screen, int status) {
	quit(ABORTED + status);
}

/* The program's screen.postMessage(): text has size 0. */
static void posted(txScreen *screen, char *message, int size) {
	if (size == 0 && !strcmp(message, "restart")) quit(RESTART);
}

static void nothing(txScreen *screen) {
}

static gboolean terminated(gpointer data) {
	g_main_loop_quit(loop);
	return G_SOURCE_REMOVE;
}

int main(int argc, char **argv) {
	void *program = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
	txScreenLaunchProc launch = program ? (txScreenLaunchProc)dlsym(program, "fxScreenLaunch") : NULL;
	if (!launch) {
		fprintf(stderr, "lin-host: %s\n", argc == 2 ? dlerror() : "usage: lin-host mc.so");
		return 2;
	}
	/* Math.random() is the C library's rand() here; on a device it is the radio's noise. */
	srand((unsigned)time(NULL) ^ (unsigned)getpid() << 16);
	/* A write after the peer has closed is an error to the program, not its end. */
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	txScreen *screen = calloc(1, sizeof(txScreen) + WIDTH * HEIGHT * screenBytesPerPixel);
	screen->width = WIDTH;
	screen->height = HEIGHT;
	screen->abort = aborted;
	screen->bufferChanged = nothing;
	screen->formatChanged = nothing;
	screen->post = posted;
	screen->start = start;
	screen->stop = stop;
	mxCreateMutex(&screen->workersMutex);
	loop = g_main_loop_new(NULL, FALSE);
	g_unix_signal_add(SIGTERM, terminated, NULL);
	launch(screen);
	g_main_loop_run(loop);
	quit(0);
}
