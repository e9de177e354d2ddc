/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The native methods of org.understudy.hostnic.port.NativeVf on top of libusvf.
 *
 * Nothing is kept between calls but the class of the exception. Text comes in by copy and goes out as bytes, since sysfs
 * promises no encoding.
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

#include "inventory_json.h"
#include "usvf.h"

#define CLASS "org/understudy/hostnic/port/NativeVf"
#define FAILURE "org/understudy/hostnic/port/NativeFailure"
#define PATH_TEXT 4096

static jclass failure_class;
static jmethodID failure_constructor;

/* The one place that throws. */
static void throw_failure(JNIEnv *env, int code, const char *message)
{
    char ascii[sizeof(((struct usvf_error *)0)->message)];
    size_t length = strnlen(message, sizeof ascii - 1);
    for (size_t i = 0; i < length; i++)
        ascii[i] = message[i] >= ' ' && message[i] <= '~' ? message[i] : '?';
    ascii[length] = '\0';
    jstring text = (*env)->NewStringUTF(env, ascii);
    if (text == NULL)
        return; /* out of memory, which is thrown already */
    jobject failure = (*env)->NewObject(env, failure_class, failure_constructor, (jint)code, text);
    if (failure != NULL)
        (*env)->Throw(env, failure);
}

/* False, and thrown, if the call has failed. */
static bool succeeded(JNIEnv *env, int code, const struct usvf_error *error)
{
    if (code != USVF_OK)
        throw_failure(env, code, error->message);
    return code == USVF_OK;
}

/* False, and thrown, if the text does not fit. */
static bool copy_text(JNIEnv *env, jstring from, char *to, size_t size)
{
    jsize bytes = (*env)->GetStringUTFLength(env, from);
    if ((size_t)bytes >= size) {
        throw_failure(env, USVF_BAD_ARGUMENT, "an argument is too long");
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
    throw_failure(env, USVF_BAD_ARGUMENT, "an argument is no PCI address");
    return false;
}

/* Where things are; every place that is empty is the usual one. */
struct places {
    char texts[5][PATH_TEXT];
    struct usvf_roots roots;
};

static bool copy_places(JNIEnv *env, jobjectArray from, struct places *to)
{
    const char **roots[] = { &to->roots.sysfs, &to->roots.dev, &to->roots.state, &to->roots.links, &to->roots.run };
    for (jsize i = 0; i < 5; i++) {
        jstring place = (jstring)(*env)->GetObjectArrayElement(env, from, i);
        if ((*env)->ExceptionCheck(env))
            return false;
        bool copied = copy_text(env, place, to->texts[i], PATH_TEXT);
        (*env)->DeleteLocalRef(env, place);
        if (!copied)
            return false;
        *roots[i] = to->texts[i][0] == '\0' ? NULL : to->texts[i];
    }
    return true;
}

/* What every change of a VF is told. */
struct subject {
    struct places places;
    struct usvf_address vf;
    char owner[USVF_OWNER_TEXT];
    struct usvf_holder holder;
};

static bool copy_subject(JNIEnv *env, jobjectArray places, jstring vf, jstring owner, jlong fencing, struct subject *to)
{
    if (!copy_places(env, places, &to->places) || !copy_address(env, vf, &to->vf)
        || !copy_text(env, owner, to->owner, sizeof to->owner))
        return false;
    to->holder.owner = to->owner;
    to->holder.fencing = (uint64_t)fencing;
    return true;
}

static jboolean is_privileged(JNIEnv *env, jclass class)
{
    (void)env;
    (void)class;
    return geteuid() == 0;
}

static jbyteArray inventory(JNIEnv *env, jclass class, jobjectArray roots)
{
    struct places places;
    struct usvf_inventory *read = NULL;
    struct usvf_error error = { 0 };
    char *json = NULL;
    size_t size = 0;
    jbyteArray bytes = NULL;

    (void)class;
    if (!copy_places(env, roots, &places)
        || !succeeded(env, usvf_inventory_read(&places.roots, &read, &error), &error))
        return NULL;
    if (!usvf_inventory_json(read, &json, &size)) {
        throw_failure(env, USVF_FAILED, "the inventory does not fit into the memory");
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

static jlong lease(JNIEnv *env, jclass class, jobjectArray roots, jstring vf, jstring owner)
{
    struct subject it;
    struct usvf_lease taken;
    struct usvf_error error = { 0 };

    (void)class;
    if (!copy_subject(env, roots, vf, owner, 0, &it)
        || !succeeded(env, usvf_lease_take(&it.places.roots, it.vf, it.owner, 0, &taken, &error), &error))
        return 0;
    return (jlong)taken.fencing;
}

/* mac: six octets; trust, spoofchk: 0, 1, or -1 to leave it */
static void configure(JNIEnv *env, jclass class, jobjectArray roots, jstring vf, jstring owner, jlong fencing,
    jbyteArray mac, jint vlan, jint trust, jint spoofchk)
{
    struct subject it;
    struct usvf_error error = { 0 };
    struct usvf_settings wanted = { .vlan = vlan,
        .qos = USVF_UNKNOWN,
        .trust = trust,
        .spoofchk = spoofchk,
        .link_state = USVF_UNKNOWN,
        .min_rate = USVF_UNKNOWN,
        .max_rate = USVF_UNKNOWN,
        .has_mac = true };

    (void)class;
    (*env)->GetByteArrayRegion(env, mac, 0, sizeof wanted.mac, (jbyte *)wanted.mac);
    if ((*env)->ExceptionCheck(env) || !copy_subject(env, roots, vf, owner, fencing, &it))
        return;
    succeeded(env, usvf_configure(&it.places.roots, it.vf, it.holder, &wanted, &error), &error);
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
    struct subject it;
    struct usvf_error error = { 0 };
    char name[64];

    (void)class;
    if (!copy_subject(env, roots, vf, owner, fencing, &it) || !copy_text(env, user, name, sizeof name))
        return;
    int64_t number = user_number(name);
    if (number == -2)
        throw_failure(env, USVF_BAD_ARGUMENT, "the user of QEMU does not exist");
    else
        succeeded(env, usvf_bind(&it.places.roots, it.vf, it.holder, number, -1, &error), &error);
}

static void detour(JNIEnv *env, jclass class, jobjectArray roots, jstring vf, jstring owner, jlong fencing, jboolean on)
{
    struct subject it;
    struct usvf_error error = { 0 };

    (void)class;
    if (copy_subject(env, roots, vf, owner, fencing, &it))
        succeeded(env, usvf_forwarding(&it.places.roots, it.vf, it.holder, on, &error), &error);
}

static void release(JNIEnv *env, jclass class, jobjectArray roots, jstring vf, jstring owner, jlong fencing)
{
    struct subject it;
    struct usvf_error error = { 0 };

    (void)class;
    if (copy_subject(env, roots, vf, owner, fencing, &it))
        succeeded(env, usvf_release(&it.places.roots, it.vf, it.holder, &error), &error);
}

/* The two descriptors of a watch as one number. */
static jlong watch_open(JNIEnv *env, jclass class)
{
    struct usvf_error error = { 0 };
    int kobjects = -1, links = -1;

    (void)class;
    if (usvf_watch_open(&kobjects, &links, &error) != 0) {
        throw_failure(env, USVF_FAILED, error.message);
        return -1;
    }
    return (jlong)kobjects << 32 | (uint32_t)links;
}

/* Waits until something happens, at most so long, and takes everything that has. Returns how much that was. */
static jint watch_wait(JNIEnv *env, jclass class, jlong handle, jint millis)
{
    int kobjects = (int)(handle >> 32), links = (int)(handle & 0x7fffffff);
    struct pollfd both[] = { { .fd = kobjects, .events = POLLIN }, { .fd = links, .events = POLLIN } };
    struct usvf_event event;
    jint seen = 0;

    (void)class;
    if (poll(both, 2, millis) < 0 && errno != EINTR) {
        throw_failure(env, USVF_FAILED, strerror(errno));
        return 0;
    }
    while (usvf_watch_next(kobjects, links, &event))
        seen++;
    return seen;
}

static void watch_close(JNIEnv *env, jclass class, jlong handle)
{
    (void)env;
    (void)class;
    close((int)(handle >> 32));
    close((int)(handle & 0x7fffffff));
}

#define TEXT "Ljava/lang/String;"
#define HOLDER "[" TEXT TEXT TEXT "J"

static const JNINativeMethod methods[] = {
    { "isPrivileged", "()Z", (void *)is_privileged },
    { "inventory", "([" TEXT ")[B", (void *)inventory },
    { "lease", "([" TEXT TEXT TEXT ")J", (void *)lease },
    { "configure", "(" HOLDER "[BIII)V", (void *)configure },
    { "bind", "(" HOLDER TEXT ")V", (void *)bind_vfio },
    { "detour", "(" HOLDER "Z)V", (void *)detour },
    { "release", "(" HOLDER ")V", (void *)release },
    { "watchOpen", "()J", (void *)watch_open },
    { "watchWait", "(JI)I", (void *)watch_wait },
    { "watchClose", "(J)V", (void *)watch_close },
};

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved)
{
    JNIEnv *env;

    (void)reserved;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_8) != JNI_OK)
        return JNI_ERR;
    jclass found = (*env)->FindClass(env, FAILURE);
    if (found == NULL)
        return JNI_ERR;
    failure_constructor = (*env)->GetMethodID(env, found, "<init>", "(I" TEXT ")V");
    if (failure_constructor == NULL)
        return JNI_ERR;
    failure_class = (*env)->NewGlobalRef(env, found);
    (*env)->DeleteLocalRef(env, found);
    jclass class = (*env)->FindClass(env, CLASS);
    if (failure_class == NULL || class == NULL)
        return JNI_ERR;
    jint registered = (*env)->RegisterNatives(env, class, methods, sizeof methods / sizeof methods[0]);
    (*env)->DeleteLocalRef(env, class);
    return registered == JNI_OK ? JNI_VERSION_1_8 : JNI_ERR;
}

JNIEXPORT void JNICALL JNI_OnUnload(JavaVM *vm, void *reserved)
{
    JNIEnv *env;

    (void)reserved;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_8) == JNI_OK)
        (*env)->DeleteGlobalRef(env, failure_class);
}
