/* Runs a file of SQL statements against a database file and prints what they return.
 *
 * usage: sqlite DATABASE SCRIPT
 *
 * Locks are off ("unix-none"), because WASI has none. An SQL error is printed and the script goes on: the exit code
 * says at the end whether there were errors. */
#include <stdio.h>
#include <stdlib.h>
#include "sqlite3.h"

static void print_row(sqlite3_stmt *statement) {
  int columns = sqlite3_column_count(statement);
  for (int i = 0; i < columns; i++) {
    const unsigned char *value = sqlite3_column_text(statement, i);
    printf("%s%s", i ? "|" : "", value ? (const char *)value : "NULL");
  }
  putchar('\n');
}

static char *read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file)
    return NULL;
  fseek(file, 0, SEEK_END);
  long length = ftell(file);
  rewind(file);
  char *text = malloc((size_t)length + 1);
  if (text && fread(text, 1, (size_t)length, file) != (size_t)length) {
    free(text);
    text = NULL;
  }
  if (text)
    text[length] = 0;
  fclose(file);
  return text;
}

/* Statement by statement, so that one error does not hide the rest. */
static int run_script(sqlite3 *database, const char *next) {
  int errors = 0;
  while (*next) {
    sqlite3_stmt *statement = NULL;
    const char *start = next;
    int result = sqlite3_prepare_v2(database, start, -1, &statement, &next);
    while (result == SQLITE_OK && statement && (result = sqlite3_step(statement)) == SQLITE_ROW) {
      print_row(statement);
      result = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    if (result != SQLITE_OK && result != SQLITE_DONE) {
      printf("error %d: %s\n", result, sqlite3_errmsg(database));
      errors++;
      if (next == start)
        break;
    }
  }
  return errors;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: sqlite DATABASE SCRIPT\n");
    return 2;
  }
  char *script = read_file(argv[2]);
  if (!script) {
    fprintf(stderr, "cannot read %s\n", argv[2]);
    return 1;
  }
  sqlite3 *database;
  if (sqlite3_open_v2(argv[1], &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "unix-none") != SQLITE_OK) {
    fprintf(stderr, "cannot open %s: %s\n", argv[1], sqlite3_errmsg(database));
    return 1;
  }
  int errors = run_script(database, script);
  sqlite3_close(database);
  free(script);
  return errors ? 3 : 0;
}
