-- Quarters that a release can speak of: up to the last one with a return in force.
select trimestre
from marts.dim_trimestre
where ouvert
order by trimestre
