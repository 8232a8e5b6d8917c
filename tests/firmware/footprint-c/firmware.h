/* What the measured part and the rest of the firmware have of each other. */
#ifndef FIRMWARE_H
#define FIRMWARE_H

/* Standard output of the emulator: a line of text, and a name with a number. */
void text(const char *line);
void figure(const char *name, unsigned number);

/* Of the board, which the library uses as well. */
int putchar(int byte);

/* Of client.c: does all that an embedder does; returns what went wrong, or null. */
const char *client_run(void);

#endif
