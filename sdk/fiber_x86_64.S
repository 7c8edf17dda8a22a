/*
 * Swapping fibers on x86-64 (System V ABI).
 *
 * A fiber that is not running has on its stack, from its saved stack pointer upward: mxcsr and the x87 control word
 * (8 bytes), r15, r14, r13, r12, rbx, rbp, and the address at which it goes on.  All other registers belong to the caller
 * of a function anyhow.  The first frame of a fiber is made by hand (fiber.c), to go on in hospes_machine_start.
 */

#if defined(__x86_64__) && defined(__LP64__) && !defined(HOSPES_FIBER_UCONTEXT)

	.text

/* void machine_swap(struct machine *from, struct machine *to) */
	.globl	machine_swap
	.hidden	machine_swap
	.type	machine_swap, @function
	.p2align 4
machine_swap:
	.cfi_startproc
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	subq	$8, %rsp
	.cfi_adjust_cfa_offset 8
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movq	%rsp, (%rdi)
	movq	(%rsi), %rsp
	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	addq	$8, %rsp
	.cfi_adjust_cfa_offset -8
	popq	%r15
	.cfi_adjust_cfa_offset -8
	popq	%r14
	.cfi_adjust_cfa_offset -8
	popq	%r13
	.cfi_adjust_cfa_offset -8
	popq	%r12
	.cfi_adjust_cfa_offset -8
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	ret
	.cfi_endproc
	.size	machine_swap, . - machine_swap

/* The outermost frame of a fiber: r12 is the entry and r13 its argument.  The undefined rip tells unwinders to stop here. */
	.globl	hospes_machine_start
	.hidden	hospes_machine_start
	.type	hospes_machine_start, @function
	.p2align 4
hospes_machine_start:
	.cfi_startproc
	.cfi_undefined rip
	xorl	%ebp, %ebp
	movq	%r13, %rdi
	call	*%r12
	ud2
	.cfi_endproc
	.size	hospes_machine_start, . - hospes_machine_start

#endif

	.section .note.GNU-stack, "", %progbits
