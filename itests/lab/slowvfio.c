// SPDX-License-Identifier: Apache-2.0
// Preloaded into QEMU, makes VFIO as slow to map memory as it is for a large guest: SLOWVFIO_MS_PER_GIB milliseconds per GiB.
// In a definition of libvirt: <qemu:env name='LD_PRELOAD' value='/tmp/slowvfio.so'/>.
// Build: gcc -std=c17 -O2 -Wall -Wextra -Werror -shared -fPIC -o slowvfio.so slowvfio.c
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

typedef int real_ioctl(int, unsigned long, ...);

__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...);

static void delay(unsigned long long bytes)
{
    const char *rate = getenv("SLOWVFIO_MS_PER_GIB");
    double seconds = (rate ? atof(rate) : 0) / 1000 * ((double)bytes / (1 << 30));
    struct timespec left = {.tv_sec = (time_t)seconds};

    left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
    while (nanosleep(&left, &left) != 0)
        continue;
}

int ioctl(int fd, unsigned long request, ...)
{
    real_ioctl *real = (real_ioctl *)dlsym(RTLD_NEXT, "ioctl");
    va_list arguments;

    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (request == VFIO_IOMMU_MAP_DMA)
        delay(((const struct vfio_iommu_type1_dma_map *)argument)->size);
    return real(fd, request, argument);
}
