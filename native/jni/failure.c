/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "failure.h"

#include <string.h>

#define CLASS "org/understudy/hostnic/backend/NativeFailure"

static jclass failure_class;
static jmethodID failure_constructor;

bool failure_load(JNIEnv *env)
{
    jclass found = (*env)->FindClass(env, CLASS);
    if (found == NULL)
        return false;
    failure_constructor = (*env)->GetMethodID(env, found, "<init>", "(ILjava/lang/String;)V");
    if (failure_constructor != NULL)
        failure_class = (*env)->NewGlobalRef(env, found);
    (*env)->DeleteLocalRef(env, found);
    return failure_class != NULL;
}

void failure_unload(JNIEnv *env)
{
    (*env)->DeleteGlobalRef(env, failure_class);
    failure_class = NULL;
}

void throw_failure(JNIEnv *env, int code, const char *message)
{
    char ascii[sizeof(((struct usvf_error *)0)->message)];
    size_t length = strnlen(message, sizeof ascii - 1);
    for (size_t i = 0; i < length; i++)
        ascii[i] = message[i] >= ' ' && message[i] <= '~' ? message[i] : '?';
    ascii[length] = '\0';
    jstring text = (*env)->NewStringUTF(env, ascii);
    if (text == NULL)
        return; /* OutOfMemoryError is pending */
    jobject failure = (*env)->NewObject(env, failure_class, failure_constructor, (jint)code, text);
    if (failure != NULL)
        (*env)->Throw(env, failure);
}

bool succeeded(JNIEnv *env, int code, const struct usvf_error *error)
{
    if (code != USVF_OK)
        throw_failure(env, code, error->message);
    return code == USVF_OK;
}
