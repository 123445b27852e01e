/*
 * The program that started this one, over a stream of lines:
 *   there  `tell <name> <JSON array>`   something has happened
 *          `ask <name> <JSON array>`    and the answer is waited for
 *   back   `= <answer>`                 its first word is the kind: u, s text, n number, b hex, e message
 *          `! <name> <text>`            something has happened; told when the loop comes round
 * Without a parent, what is told goes to the standard error as a line.
 */
#include "host.h"
#include <poll.h>

static int hostFd = -1;
static char* hostInput = C_NULL;
static size_t hostInputLength = 0;

typedef struct Line {
	struct Line* next;
	char* text;
} Line;
static Line* hostLines = C_NULL;

void hostParentOpen(int fd)
{
	hostFd = fd;
}

int hostParentFd(void)
{
	return hostFd;
}

void hostParentSend(const char* kind, const char* name, const char* json)
{
	HostText line = { C_NULL, 0, 0 };
	size_t sent = 0;
	hostTextAdd(&line, "%s %s %s\n", kind, name, json);
	if (hostFd < 0) {
		if (c_strcmp(name, "died"))
			fputs(line.data, stderr);
	}
	else while (sent < line.length) {
		ssize_t count = write(hostFd, line.data + sent, line.length - sent);
		if (count < 0) {
			if (errno == EINTR)
				continue;
			break; /* The parent has gone; reading will tell. */
		}
		sent += count;
	}
	free(line.data);
}

/* One more piece; ends the program when the parent has gone. */
static void hostParentFill(void)
{
	char buffer[8192];
	ssize_t count = read(hostFd, buffer, sizeof(buffer));
	if (count < 0 && errno == EINTR)
		return;
	if (count <= 0)
		_exit(0);
	hostInput = realloc(hostInput, hostInputLength + count);
	if (!hostInput)
		abort();
	memcpy(hostInput + hostInputLength, buffer, count);
	hostInputLength += count;
}

/* A whole line of the input, without its end. */
static char* hostParentLine(void)
{
	char* end = hostInput ? memchr(hostInput, '\n', hostInputLength) : C_NULL;
	size_t length;
	char* line;
	if (!end)
		return C_NULL;
	length = end - hostInput;
	line = malloc(length + 1);
	if (!line)
		abort();
	memcpy(line, hostInput, length);
	line[length] = 0;
	hostInputLength -= length + 1;
	memmove(hostInput, end + 1, hostInputLength);
	return line;
}

static void hostParentKeep(char* text)
{
	Line** last = &hostLines;
	Line* line = malloc(sizeof(Line));
	if (!line)
		abort();
	line->next = C_NULL;
	line->text = text;
	while (*last)
		last = &(*last)->next;
	*last = line;
}

char* hostParentAnswer(void)
{
	for (;;) {
		char* line = hostParentLine();
		if (!line)
			hostParentFill();
		else if (line[0] == '=' && line[1] == ' ') {
			memmove(line, line + 2, strlen(line + 2) + 1);
			return line;
		}
		else
			hostParentKeep(line);
	}
}

void hostParentRead(void)
{
	/* What there was may have come together with an answer meanwhile: to read again would be to wait for more. */
	struct pollfd now = { hostFd, POLLIN, 0 };
	if (poll(&now, 1, 0) > 0)
		hostParentFill();
}

char* hostParentNext(void)
{
	Line* line;
	char* text;
	/* Some came together with an answer. */
	while ((text = hostParentLine()))
		hostParentKeep(text);
	line = hostLines;
	if (!line)
		return C_NULL;
	text = line->text;
	hostLines = line->next;
	free(line);
	return text;
}
