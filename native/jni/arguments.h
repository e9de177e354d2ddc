/* SPDX-License-Identifier: Apache-2.0 */
/* Copies arguments from Java. Each function returns false after it has thrown. */
#ifndef USVF_ARGUMENTS_H
#define USVF_ARGUMENTS_H

#include <jni.h>
#include <stdbool.h>

#include "usvf.h"

#define PATH_TEXT 4096

/* The roots of a call; an empty text is the default. */
struct roots {
    char texts[5][PATH_TEXT];
    struct usvf_roots roots;
};

/* The arguments of every change of a VF. */
struct change {
    struct roots roots;
    struct usvf_address vf;
    char owner[USVF_OWNER_TEXT];
    struct usvf_holder holder;
};

bool copy_text(JNIEnv *env, jstring from, char *to, size_t size);
bool copy_roots(JNIEnv *env, jobjectArray from, struct roots *to);
bool copy_change(JNIEnv *env, jobjectArray roots, jstring vf, jstring owner, jlong fencing, struct change *to);

#endif
