/*
 * System calls that a guest may not make and that are told of by name: those that end it, and those that are refused and
 * worth a line in the log of the call that tried, whatever their arguments or with some.  A cell reports them itself and does
 * not have libseccomp.
 */

#include "cell/guest/sandbox.h"

#include <seccomp.h>

const struct filter_call filter_killers[] = {
#define KILLER(name)                                                                                                   \
	{                                                                                                              \
		SCMP_SYS(name), #name                                                                                  \
	}
    KILLER(ptrace),
    KILLER(bpf),
    KILLER(mount),
    KILLER(umount2),
    KILLER(pivot_root),
    KILLER(chroot),
    KILLER(move_mount),
    KILLER(open_tree),
    KILLER(fsopen),
    KILLER(fsconfig),
    KILLER(fsmount),
    KILLER(fspick),
    KILLER(mount_setattr),
    KILLER(userfaultfd),
    KILLER(keyctl),
    KILLER(add_key),
    KILLER(request_key),
    KILLER(process_vm_readv),
    KILLER(process_vm_writev),
    KILLER(io_uring_setup),
    KILLER(io_uring_enter),
    KILLER(io_uring_register),
    KILLER(perf_event_open),
    KILLER(kexec_load),
    KILLER(init_module),
    KILLER(finit_module),
    KILLER(open_by_handle_at),
    KILLER(setns),
    KILLER(unshare),
    {0, NULL},
#undef KILLER
};

const struct filter_call filter_told[] = {
#define TOLD(name)                                                                                                     \
	{                                                                                                              \
		SCMP_SYS(name), #name                                                                                  \
	}
    TOLD(open),
    TOLD(openat),
    TOLD(openat2),
    TOLD(creat),
    TOLD(unlink),
    TOLD(socket),
    TOLD(socketpair),
    TOLD(connect),
    TOLD(bind),
    TOLD(execve),
    TOLD(execveat),
    TOLD(fork),
    TOLD(vfork),
    TOLD(clone),
    TOLD(clone3),
    TOLD(kill),
    TOLD(tkill),
    TOLD(rt_sigqueueinfo),
    TOLD(rt_tgsigqueueinfo),
    TOLD(pidfd_send_signal),
    TOLD(alarm),
    TOLD(setitimer),
    TOLD(timer_create),
    TOLD(timerfd_create),
    TOLD(close),
    TOLD(close_range),
    TOLD(memfd_create),
    TOLD(shmget),
    {0, NULL},
#undef TOLD
};

const struct filter_call filter_told_of_some[] = {
    {SCMP_SYS(mmap), "mmap of code"},
    {SCMP_SYS(mprotect), "mprotect of code"},
    {SCMP_SYS(tgkill), "tgkill of another"},
    {0, NULL},
};

static const char *
name_in(const struct filter_call *calls, int number)
{
	for (; calls->name != NULL; calls++)
		if (calls->number == number)
			return calls->name;
	return NULL;
}

const char *
filter_killer_name(int number)
{
	return name_in(filter_killers, number);
}

const char *
filter_told_name(int number)
{
	const char *name = name_in(filter_told, number);

	return name != NULL ? name : name_in(filter_told_of_some, number);
}
