/* SPDX-License-Identifier: Apache-2.0 */
/* The exception that every native method throws, NativeFailure. */
#ifndef USVF_FAILURE_H
#define USVF_FAILURE_H

#include <jni.h>
#include <stdbool.h>

#include "usvf.h"

/* Keeps a global reference of the class. False if an exception is pending. */
bool failure_load(JNIEnv *env);
void failure_unload(JNIEnv *env);

void throw_failure(JNIEnv *env, int code, const char *message);

/* False if the call has failed; the failure is thrown then. */
bool succeeded(JNIEnv *env, int code, const struct usvf_error *error);

#endif
