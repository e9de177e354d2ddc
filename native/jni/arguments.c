/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include "failure.h"

bool copy_text(JNIEnv *env, jstring from, char *to, size_t size)
{
    jsize bytes = (*env)->GetStringUTFLength(env, from);
    if ((size_t)bytes >= size) {
        throw_failure(env, USVF_BAD_ARGUMENT, "argument is too long");
        return false;
    }
    (*env)->GetStringUTFRegion(env, from, 0, (*env)->GetStringLength(env, from), to);
    to[bytes] = '\0';
    return !(*env)->ExceptionCheck(env);
}

static bool copy_address(JNIEnv *env, jstring from, struct usvf_address *to)
{
    char text[USVF_ADDRESS_TEXT];
    if (!copy_text(env, from, text, sizeof text))
        return false;
    if (usvf_address_parse(text, to))
        return true;
    throw_failure(env, USVF_BAD_ARGUMENT, "argument is not a PCI address");
    return false;
}

bool copy_roots(JNIEnv *env, jobjectArray from, struct roots *to)
{
    const char **targets[] = { &to->roots.sysfs, &to->roots.dev, &to->roots.state, &to->roots.links, &to->roots.run };
    for (jsize i = 0; i < 5; i++) {
        jstring root = (jstring)(*env)->GetObjectArrayElement(env, from, i);
        if ((*env)->ExceptionCheck(env))
            return false;
        bool copied = copy_text(env, root, to->texts[i], PATH_TEXT);
        (*env)->DeleteLocalRef(env, root);
        if (!copied)
            return false;
        *targets[i] = to->texts[i][0] == '\0' ? NULL : to->texts[i];
    }
    return true;
}

bool copy_change(JNIEnv *env, jobjectArray roots, jstring vf, jstring owner, jlong fencing, struct change *to)
{
    if (!copy_roots(env, roots, &to->roots) || !copy_address(env, vf, &to->vf)
        || !copy_text(env, owner, to->owner, sizeof to->owner))
        return false;
    to->holder.owner = to->owner;
    to->holder.fencing = (uint64_t)fencing;
    return true;
}
