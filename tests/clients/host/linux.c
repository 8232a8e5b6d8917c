/* Runs a client on Linux. The argument is the folder with the images. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../client.h"

static const char *folder;

/* Images that were read, for the end. */
static struct image {
    struct image *next;
    char *name;
    uint8_t *bytes;
    uint32_t size;
} *images;

static uint8_t *read_image(const char *guest, uint32_t *size)
{
    char path[4096];
    FILE *file;
    uint8_t *bytes = NULL;
    long length = -1;
    snprintf(path, sizeof(path), "%s/%s.aot", folder, guest);
    file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "no image %s\n", path);
        exit(2);
    }
    if (fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) > 0 && fseek(file, 0, SEEK_SET) == 0) {
        bytes = malloc((size_t)length);
    }
    if (!bytes || fread(bytes, 1, (size_t)length, file) != (size_t)length) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    fclose(file);
    *size = (uint32_t)length;
    return bytes;
}

uint8_t *client_image(const char *guest, uint32_t *size)
{
    struct image *image;
    for (image = images; image && strcmp(image->name, guest) != 0; image = image->next) {
    }
    if (!image) {
        image = malloc(sizeof(*image));
        if (!image || !(image->name = strdup(guest))) {
            exit(2);
        }
        image->bytes = read_image(guest, &image->size);
        image->next = images;
        images = image;
    }
    *size = image->size;
    return image->bytes;
}

int main(int argc, char **argv)
{
    int failures;
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    failures = client_main();
    while (images) {
        struct image *image = images;
        images = image->next;
        free(image->name);
        free(image->bytes);
        free(image);
    }
    return failures == 0 ? 0 : 1;
}
