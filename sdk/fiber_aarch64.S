/*
 * Swapping fibers on aarch64 (AAPCS64).
 *
 * A fiber that is not running has on its stack, from its saved stack pointer upward: x29 and x30 (the frame pointer and the
 * address at which it goes on), x19 to x28, d8 to d15, fpcr, and 8 bytes that keep the stack aligned.  All other registers
 * belong to the caller of a function anyhow: of the vector registers only the lower halves of 8 to 15 are kept.  The first frame
 * of a fiber is made by hand (fiber.c), to go on in hospes_machine_start.
 */

#if defined(__aarch64__) && defined(__LP64__) && !defined(HOSPES_FIBER_UCONTEXT)

#define FRAME 176
#define FPCR  160

/* Where branches by register must land, which other processors take for a hint that says nothing. */
#define LANDING hint #34 /* bti c */

	.text

/* void machine_swap(struct machine *from, struct machine *to) */
	.globl	machine_swap
	.hidden	machine_swap
	.type	machine_swap, %function
	.p2align 4
machine_swap:
	.cfi_startproc
	LANDING
	sub	sp, sp, #FRAME
	.cfi_adjust_cfa_offset FRAME
	stp	x29, x30, [sp]
	.cfi_rel_offset x29, 0
	.cfi_rel_offset x30, 8
	stp	x19, x20, [sp, #16]
	.cfi_rel_offset x19, 16
	.cfi_rel_offset x20, 24
	stp	x21, x22, [sp, #32]
	.cfi_rel_offset x21, 32
	.cfi_rel_offset x22, 40
	stp	x23, x24, [sp, #48]
	.cfi_rel_offset x23, 48
	.cfi_rel_offset x24, 56
	stp	x25, x26, [sp, #64]
	.cfi_rel_offset x25, 64
	.cfi_rel_offset x26, 72
	stp	x27, x28, [sp, #80]
	.cfi_rel_offset x27, 80
	.cfi_rel_offset x28, 88
	stp	d8, d9, [sp, #96]
	.cfi_rel_offset d8, 96
	.cfi_rel_offset d9, 104
	stp	d10, d11, [sp, #112]
	.cfi_rel_offset d10, 112
	.cfi_rel_offset d11, 120
	stp	d12, d13, [sp, #128]
	.cfi_rel_offset d12, 128
	.cfi_rel_offset d13, 136
	stp	d14, d15, [sp, #144]
	.cfi_rel_offset d14, 144
	.cfi_rel_offset d15, 152
	mrs	x9, fpcr
	str	x9, [sp, #FPCR]
	mov	x10, sp
	str	x10, [x0]
	/* From here on it is the other's stack, with the same things in the same places. */
	ldr	x10, [x1]
	mov	sp, x10
	/* Writing fpcr is slow, and it is hardly ever another. */
	ldr	x10, [sp, #FPCR]
	cmp	x9, x10
	b.eq	1f
	msr	fpcr, x10
1:
	ldp	d14, d15, [sp, #144]
	.cfi_restore d14
	.cfi_restore d15
	ldp	d12, d13, [sp, #128]
	.cfi_restore d12
	.cfi_restore d13
	ldp	d10, d11, [sp, #112]
	.cfi_restore d10
	.cfi_restore d11
	ldp	d8, d9, [sp, #96]
	.cfi_restore d8
	.cfi_restore d9
	ldp	x27, x28, [sp, #80]
	.cfi_restore x27
	.cfi_restore x28
	ldp	x25, x26, [sp, #64]
	.cfi_restore x25
	.cfi_restore x26
	ldp	x23, x24, [sp, #48]
	.cfi_restore x23
	.cfi_restore x24
	ldp	x21, x22, [sp, #32]
	.cfi_restore x21
	.cfi_restore x22
	ldp	x19, x20, [sp, #16]
	.cfi_restore x19
	.cfi_restore x20
	ldp	x29, x30, [sp]
	.cfi_restore x29
	.cfi_restore x30
	add	sp, sp, #FRAME
	.cfi_adjust_cfa_offset -FRAME
	ret
	.cfi_endproc
	.size	machine_swap, . - machine_swap

/* The outermost frame of a fiber: x19 is the entry and x20 its argument.  The undefined x30 tells unwinders to stop here. */
	.globl	hospes_machine_start
	.hidden	hospes_machine_start
	.type	hospes_machine_start, %function
	.p2align 4
hospes_machine_start:
	.cfi_startproc
	.cfi_undefined x30
	LANDING
	mov	x29, #0
	mov	x30, #0
	mov	x0, x20
	blr	x19
	brk	#0
	.cfi_endproc
	.size	hospes_machine_start, . - hospes_machine_start

#ifdef __ARM_FEATURE_BTI_DEFAULT
/* Says that the landings are there; without it the whole library would be taken not to have them. */
	.section .note.gnu.property, "a", %note
	.p2align 3
	.word	4, 16, 5 /* lengths of the name and of what follows; NT_GNU_PROPERTY_TYPE_0 */
	.asciz	"GNU"
	.word	0xc0000000, 4, 1, 0 /* GNU_PROPERTY_AARCH64_FEATURE_1_AND: BTI */
#endif

#endif

	.section .note.GNU-stack, "", %progbits
