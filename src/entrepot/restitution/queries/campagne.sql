-- The latest campaign at the quarter asked for: partners are asked about in T4 only.
select
    campagne,
    libelle
from marts.dim_trimestre
where trimestre <= %(trimestre)s and campagne is not null
order by trimestre desc
limit 1
