// A plugin for QEMU that counts the instructions a machine executes.
// https://www.qemu.org/docs/master/devel/tcg-plugins.html
//
//   -plugin libcount.so,out=FILE[,each=on]
//
// When the machine ends, FILE has the total in its first line; with each=on there follows a line "ADDRESS COUNT" per
// instruction that was translated, as often as it was. Distributions ship no header for plugins, so what is used of the
// interface (version 1, QEMU 4.2 and later) is declared here.

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { ADD_U64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*translated)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(plugin_id id, void (*ended)(plugin_id, void *), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_insn_exec_inline(
    struct qemu_plugin_insn *instruction, int operation, void *counter, uint64_t value);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

// The instructions of one block.
struct counters {
    struct counters *next;
    size_t length;
    struct { uint64_t address, count; } of[];
};

static uint64_t total;
static struct counters *blocks;
static const char *out;
static bool each;

static void translated(plugin_id id, struct qemu_plugin_tb *block) {
    (void)id;
    size_t length = qemu_plugin_tb_n_insns(block);
    struct counters *counters = each ? calloc(1, sizeof *counters + length * sizeof counters->of[0]) : NULL;
    if (counters != NULL) {
        counters->length = length;
        counters->next = blocks;
        blocks = counters;
    }
    for (size_t i = 0; i < length; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, ADD_U64, &total, 1);
        if (counters != NULL) {
            counters->of[i].address = qemu_plugin_insn_vaddr(instruction);
            qemu_plugin_register_vcpu_insn_exec_inline(instruction, ADD_U64, &counters->of[i].count, 1);
        }
    }
}

static void ended(plugin_id id, void *data) {
    (void)id, (void)data;
    FILE *file = fopen(out, "w");
    if (file == NULL) {
        perror(out);
        return;
    }
    fprintf(file, "%" PRIu64 "\n", total);
    for (const struct counters *block = blocks; block != NULL; block = block->next)
        for (size_t i = 0; i < block->length; i++)
            fprintf(file, "%" PRIx64 " %" PRIu64 "\n", block->of[i].address, block->of[i].count);
    fclose(file);
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) == 0)
            out = strdup(argv[i] + 4);
        else if (strcmp(argv[i], "each=on") == 0)
            each = true;
    }
    if (out == NULL) {
        fputs("count: out=FILE is missing\n", stderr);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
