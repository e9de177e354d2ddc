/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a target without libFuzzer: each file of a corpus, and then so many inputs made from them. The same call makes the
 * same inputs, so what fails fails again.
 *
 * replay CORPUS ROUNDS
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define MOST_FILES 64
#define MOST_BYTES 8192

struct input {
    uint8_t bytes[MOST_BYTES];
    size_t size;
};

static struct input corpus[MOST_FILES];
static size_t count;

static uint64_t seed = 88172645463325252u;

static size_t below(size_t end) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return end ? (size_t)(seed >> 11) % end : 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_corpus(const char *path) {
    struct dirent **names;
    int folder = open(path, O_RDONLY | O_DIRECTORY), found = scandir(path, &names, NULL, by_name);
    HOLDS(folder >= 0 && found >= 0);
    for (int i = 0; i < found; i++) {
        int file = names[i]->d_name[0] == '.' || count == MOST_FILES ? -1 : openat(folder, names[i]->d_name, O_RDONLY);
        ssize_t size = file < 0 ? -1 : read(file, corpus[count].bytes, MOST_BYTES);
        if (size >= 0)
            corpus[count++].size = (size_t)size;
        if (file >= 0)
            close(file);
        free(names[i]);
    }
    free(names);
    close(folder);
    HOLDS(count > 0);
}

static void insert(struct input *input, size_t at, const uint8_t *bytes, size_t size) {
    if (input->size + size > MOST_BYTES)
        return;
    memmove(input->bytes + at + size, input->bytes + at, input->size - at);
    memmove(input->bytes + at, bytes, size);
    input->size += size;
}

static void mutate(struct input *input) {
    static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff, '\n', '/', '.', '-', ' ', '9', ':', '@', '%'};
    const struct input *other = &corpus[below(count)];
    size_t at = below(input->size), length = 1 + below(16), from = below(other->size);
    switch (below(6)) {
    case 0:
        if (input->size)
            input->bytes[at] ^= (uint8_t)(1u << below(8));
        break;
    case 1:
        if (input->size)
            input->bytes[at] = odd[below(sizeof odd)];
        break;
    case 2:
        insert(input, at, &odd[below(sizeof odd)], 1);
        break;
    case 3: /* a part of another one */
        insert(input, at, other->bytes + from, length < other->size - from ? length : other->size - from);
        break;
    case 4:
        if (length < input->size - at) {
            memmove(input->bytes + at, input->bytes + at + length, input->size - at - length);
            input->size -= length;
        }
        break;
    default:
        if (below(8) == 0)
            input->size = at;
        break;
    }
}

/* The copy has exactly its size, so that the sanitizer sees one byte too many. */
static void run(const struct input *input) {
    uint8_t *copy = malloc(input->size ? input->size : 1);
    HOLDS(copy);
    memcpy(copy, input->bytes, input->size);
    LLVMFuzzerTestOneInput(copy, input->size);
    free(copy);
}

int main(int arguments, char **argument) {
    static struct input input;
    HOLDS(arguments == 3);
    read_corpus(argument[1]);
    size_t rounds = strtoul(argument[2], NULL, 10);
    for (size_t i = 0; i < count; i++)
        run(&corpus[i]);
    for (size_t i = 0; i < rounds; i++) {
        input = corpus[below(count)];
        for (size_t changes = 1 + below(6); changes > 0; changes--)
            mutate(&input);
        run(&input);
    }
    fprintf(stderr, "%zu inputs\n", count + rounds);
    return 0;
}
