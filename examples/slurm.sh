#!/bin/bash
# Trains on 4 nodes with 2 ranks each. Submit with: sbatch slurm.sh
#SBATCH --job-name=bifocal
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=16
#SBATCH --time=24:00:00
# Two minutes before the end every rank is asked to stop; the run stores a checkpoint.
#SBATCH --signal=USR2@120
#SBATCH --requeue

# The folder must be on a file system that the first node reaches; data must be readable on all.
cd "$SLURM_SUBMIT_DIR"
export BIFOCAL_THREADS=$SLURM_CPUS_PER_TASK OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK

# With --mpi=pmix the ranks talk by Open MPI. Without it they talk over sockets, and rank 0 adds for all.
# --kill-on-bad-exit ends the step when a rank dies; --resume starts the run or continues it.
srun --mpi=pmix --kill-on-bad-exit=1 npx bifocal train meter --out runs/meter --resume train.batch=4096
