/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The native methods of org.understudy.hostnic.backend.NativeVf on top of libusvf.
 *
 * Nothing is kept between calls but the class of the exception. Text is copied in and returned as bytes, since the values
 * of sysfs have no defined encoding.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <jni.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "failure.h"
#include "inventory_json.h"
#include "usvf.h"

#define CLASS "org/understudy/hostnic/backend/NativeVf"

static jboolean is_privileged(JNIEnv *env, jclass class)
{
    (void)env;
    (void)class;
    return geteuid() == 0;
}

static jbyteArray inventory(JNIEnv *env, jclass class, jobjectArray roots)
{
    struct roots from;
    struct usvf_inventory *read = NULL;
    struct usvf_error error = { 0 };
    char *json = NULL;
    size_t size = 0;
    jbyteArray bytes = NULL;

    (void)class;
    if (!copy_roots(env, roots, &from)
        || !succeeded(env, usvf_inventory_read(&from.roots, &read, &error), &error))
        return NULL;
    if (!usvf_inventory_json(read, &json, &size)) {
        throw_failure(env, USVF_FAILED, "inventory does not fit into memory");
        goto out;
    }
    bytes = (*env)->NewByteArray(env, (jsize)size);
    if (bytes != NULL)
        (*env)->SetByteArrayRegion(env, bytes, 0, (jsize)size, (const jbyte *)json);
out:
    free(json);
    usvf_inventory_free(read);
    return bytes;
}

static jlong lease(JNIEnv *env, jclass class, jobjectArray roots, jstring vf, jstring owner, jboolean adopt)
{
    struct change it;
    struct usvf_lease taken;
    struct usvf_error error = { 0 };

    (void)class;
    if (!copy_change(env, roots, vf, owner, 0, &it)
        || !succeeded(env,
            adopt ? usvf_lease_adopt(&it.roots.roots, it.vf, it.owner, 0, &taken, &error)
                  : usvf_lease_take(&it.roots.roots, it.vf, it.owner, 0, &taken, &error),
            &error))
        return 0;
    return (jlong)taken.fencing;
}

/* mac: six octets; values: VLAN, QoS, trust, spoof check, link state, rates; -1 for that of a new VF */
static void set_up(JNIEnv *env, jclass class, jobjectArray roots, jstring vf, jstring owner, jlong fencing, jbyteArray mac,
    jintArray values)
{
    struct change it;
    struct usvf_error error = { 0 };
    struct usvf_settings wanted = { .has_mac = true };
    jint given[7];

    (void)class;
    (*env)->GetByteArrayRegion(env, mac, 0, sizeof wanted.mac, (jbyte *)wanted.mac);
    if ((*env)->ExceptionCheck(env))
        return;
    (*env)->GetIntArrayRegion(env, values, 0, 7, given);
    if ((*env)->ExceptionCheck(env) || !copy_change(env, roots, vf, owner, fencing, &it))
        return;
    wanted.vlan = given[0];
    wanted.qos = given[1];
    wanted.trust = given[2];
    wanted.spoofchk = given[3];
    wanted.link_state = given[4];
    wanted.min_rate = given[5];
    wanted.max_rate = given[6];
    succeeded(env, usvf_set_up(&it.roots.roots, it.vf, it.holder, &wanted, &error), &error);
}

/* The number of a user by name; -1 for the empty name, -2 if there is no such user. */
static int64_t user_number(const char *name)
{
    char buffer[4096];
    struct passwd entry;
    struct passwd *found = NULL;
    if (name[0] == '\0')
        return -1;
    if (getpwnam_r(name, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL)
        return -2;
    return (int64_t)entry.pw_uid;
}

static void bind_vfio(
    JNIEnv *env, jclass class, jobjectArray roots, jstring vf, jstring owner, jlong fencing, jstring user)
{
    struct change it;
    struct usvf_error error = { 0 };
    char name[64];

    (void)class;
    if (!copy_change(env, roots, vf, owner, fencing, &it) || !copy_text(env, user, name, sizeof name))
        return;
    int64_t number = user_number(name);
    if (number == -2)
        throw_failure(env, USVF_BAD_ARGUMENT, "user of QEMU does not exist");
    else
        succeeded(env, usvf_bind(&it.roots.roots, it.vf, it.holder, number, -1, &error), &error);
}

static void forwarding(JNIEnv *env, jclass class, jobjectArray roots, jstring vf, jstring owner, jlong fencing, jboolean on)
{
    struct change it;
    struct usvf_error error = { 0 };

    (void)class;
    if (copy_change(env, roots, vf, owner, fencing, &it))
        succeeded(env, usvf_forwarding(&it.roots.roots, it.vf, it.holder, on, &error), &error);
}

static void release(JNIEnv *env, jclass class, jobjectArray roots, jstring vf, jstring owner, jlong fencing)
{
    struct change it;
    struct usvf_error error = { 0 };

    (void)class;
    if (copy_change(env, roots, vf, owner, fencing, &it))
        succeeded(env, usvf_release(&it.roots.roots, it.vf, it.holder, &error), &error);
}

/* The address of a watch as a number. */
static jlong watch_open(JNIEnv *env, jclass class, jobjectArray roots)
{
    struct roots from;
    struct usvf_error error = { 0 };

    (void)class;
    if (!copy_roots(env, roots, &from))
        return 0;
    struct usvf_watch *watch = malloc(sizeof *watch);
    if (watch == NULL) {
        throw_failure(env, USVF_FAILED, "watch does not fit into memory");
        return 0;
    }
    if (!succeeded(env, usvf_watch_open(&from.roots, watch, &error), &error)) {
        free(watch);
        return 0;
    }
    return (jlong)(intptr_t)watch;
}

/* Waits until an event is pending or the time is over, reads all pending events, and returns their number. */
static jint watch_wait(JNIEnv *env, jclass class, jlong handle, jint millis)
{
    struct usvf_watch *watch = (struct usvf_watch *)(intptr_t)handle;
    struct pollfd files[] = { { .fd = watch->kobjects, .events = POLLIN }, { .fd = watch->links, .events = POLLIN },
        { .fd = watch->records, .events = POLLIN } };
    struct usvf_event event;
    jint seen = 0;

    (void)class;
    if (poll(files, 3, millis) < 0 && errno != EINTR) {
        throw_failure(env, USVF_FAILED, strerror(errno));
        return 0;
    }
    while (usvf_watch_next(watch, &event))
        seen++;
    return seen;
}

static void watch_close(JNIEnv *env, jclass class, jlong handle)
{
    (void)env;
    (void)class;
    struct usvf_watch *watch = (struct usvf_watch *)(intptr_t)handle;
    usvf_watch_close(watch);
    free(watch);
}

#define TEXT "Ljava/lang/String;"
#define HOLDER "[" TEXT TEXT TEXT "J"

static const JNINativeMethod methods[] = {
    { "isPrivileged", "()Z", (void *)is_privileged },
    { "inventory", "([" TEXT ")[B", (void *)inventory },
    { "lease", "([" TEXT TEXT TEXT "Z)J", (void *)lease },
    { "setUp", "(" HOLDER "[B[I)V", (void *)set_up },
    { "bind", "(" HOLDER TEXT ")V", (void *)bind_vfio },
    { "forwarding", "(" HOLDER "Z)V", (void *)forwarding },
    { "release", "(" HOLDER ")V", (void *)release },
    { "watchOpen", "([" TEXT ")J", (void *)watch_open },
    { "watchWait", "(JI)I", (void *)watch_wait },
    { "watchClose", "(J)V", (void *)watch_close },
};

/*
 * Rolls back a load that has failed: the VM unloads the library, so no method may stay registered. What has failed is
 * thrown again, since the calls in between need no pending exception.
 */
static jint load_failed(JNIEnv *env, jclass class)
{
    jthrowable cause = (*env)->ExceptionOccurred(env);
    (*env)->ExceptionClear(env);
    if (class != NULL)
        (*env)->UnregisterNatives(env, class);
    failure_unload(env);
    if (cause != NULL)
        (*env)->Throw(env, cause);
    return JNI_ERR;
}

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved)
{
    JNIEnv *env;

    (void)reserved;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_8) != JNI_OK)
        return JNI_ERR;
    jclass class = failure_load(env) ? (*env)->FindClass(env, CLASS) : NULL;
    if (class == NULL || (*env)->RegisterNatives(env, class, methods, sizeof methods / sizeof methods[0]) != JNI_OK)
        return load_failed(env, class);
    (*env)->DeleteLocalRef(env, class);
    return JNI_VERSION_1_8;
}

JNIEXPORT void JNICALL JNI_OnUnload(JavaVM *vm, void *reserved)
{
    JNIEnv *env;

    (void)reserved;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_8) == JNI_OK)
        failure_unload(env);
}
